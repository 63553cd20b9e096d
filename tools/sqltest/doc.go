// Package sqltest holds the statements of truce sql against the engine, on a
// real PostgreSQL with PostGIS and on DuckDB. It is a module of its own so that
// the drivers weigh on nobody who builds truce.
package sqltest
