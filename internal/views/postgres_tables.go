package views

import (
	"fmt"
	"strings"
)

// postgresSchema names the layout of the tables; a store with another is made anew.
const postgresSchema = "truce-views-postgres/3"

// postgresTables are all tables of the store.
var postgresTables = []string{"meta", "docs", "refs", "incidents", "versions", "cols", "findings", "judged", "dict", "was", "words_docs", "words_incidents", "changes", "files", "runs"}

// postgresLayout are the tables of the store. Words of a record are bytes here, not
// text: what an author wrote must not be able to stop the views, and a text of
// PostgreSQL has no character 0, in an order that depends on the machine. An index
// refuses what is longer than a third of a page: there is one only on what a record
// bounds (ids, kinds), and on stems.
const postgresLayout = `
CREATE TABLE meta(name text PRIMARY KEY, size bigint NOT NULL, text text NOT NULL);
CREATE TABLE docs(idx bigint PRIMARY KEY, id bytea NOT NULL UNIQUE, kind bytea NOT NULL, root bytea NOT NULL, json bytea NOT NULL);
CREATE INDEX docs_kind ON docs(kind, idx);
CREATE INDEX docs_root ON docs(root, idx) WHERE root <> '';
CREATE TABLE refs(id bytea, rel bytea, src bigint, PRIMARY KEY(id, rel, src));
CREATE TABLE incidents(num bigint PRIMARY KEY, id bytea NOT NULL UNIQUE, radio bytea UNIQUE);
CREATE TABLE versions(num bigint, since bigint, until bigint NOT NULL, json bytea NOT NULL, PRIMARY KEY(num, since));
CREATE TABLE cols(num bigint, since bigint, until bigint NOT NULL, starts integer NOT NULL, ends integer NOT NULL, lat integer NOT NULL, lon integer NOT NULL, radius integer NOT NULL, profile bigint NOT NULL, PRIMARY KEY(num, since));
CREATE TABLE findings(num bigint NOT NULL, text bytea NOT NULL, reading bytea NOT NULL, since bigint NOT NULL, until bigint NOT NULL, verdict bytea NOT NULL, json bytea NOT NULL);
CREATE INDEX findings_num ON findings(num, since);
CREATE INDEX findings_since ON findings(since);
CREATE TABLE judged(num bigint, since bigint, until bigint NOT NULL, code bigint NOT NULL, PRIMARY KEY(num, since));
CREATE TABLE dict(name text, code bigint, since bigint NOT NULL, text bytea NOT NULL, PRIMARY KEY(name, code));
CREATE TABLE was(seq bigint PRIMARY KEY, num bigint NOT NULL, since bigint NOT NULL, until bigint NOT NULL, stems bytea[] NOT NULL);
CREATE TABLE words_docs(idx bigint PRIMARY KEY, stems bytea[] NOT NULL);
CREATE TABLE words_incidents(num bigint PRIMARY KEY, stems bytea[] NOT NULL);
CREATE TABLE changes(size bigint PRIMARY KEY, nums bigint[] NOT NULL);
CREATE TABLE files(hash bytea, part integer, bytes bytea NOT NULL, PRIMARY KEY(hash, part));
CREATE TABLE runs(at bigint PRIMARY KEY, office bytea NOT NULL, first bigint NOT NULL);
CREATE INDEX was_stems ON was USING gin(stems);
CREATE INDEX words_docs_stems ON words_docs USING gin(stems);
CREATE INDEX words_incidents_stems ON words_incidents USING gin(stems);
CREATE OR REPLACE FUNCTION told(b bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	RETURN convert_from(b, 'UTF8');
EXCEPTION WHEN OTHERS THEN
	RETURN encode(b, 'escape');
END $$;
COMMENT ON FUNCTION told(bytea) IS 'words as text; with \nnn for bytes where they are none';
`

// forAnalysts are what programs of others may read: incidents and findings as they
// are now, in units of the world. gis is the schema of PostGIS; empty: there is
// none, and the place is given as two numbers only.
func forAnalysts(gis string) string {
	place := ""
	text := ""
	if gis != "" {
		// 4326 is WGS 84, longitude first. It is a part of the table, so that it has an
		// index.
		point := fmt.Sprintf("CASE WHEN lat <> %d THEN %[2]s.st_setsrid(%[2]s.st_makepoint(lon / %[3]d.0, lat / %[3]d.0), 4326) END", int32(noPlace), gis, degree)
		text = "ALTER TABLE cols ADD COLUMN place " + gis + ".geometry(Point, 4326) GENERATED ALWAYS AS (" + point + ") STORED;\n" +
			"CREATE INDEX cols_place ON cols USING gist(place) WHERE until = 0;\n"
		place = ", c.place"
	}
	var fields []string
	for i, f := range profileFields {
		if f != "field" {
			fields = append(fields, fmt.Sprintf("nullif(split_part(told(p.text), E'\\x1f', %d), '') AS %s", i+1, f))
		}
	}
	return text + fmt.Sprintf(`CREATE VIEW now_incidents AS SELECT c.num, told(i.id) AS id, told(i.radio) AS radio, c.since AS since_entry,
	CASE WHEN c.starts <> %[1]d THEN to_timestamp(c.starts * 60::double precision) END AS time_start,
	CASE WHEN c.ends <> %[1]d THEN to_timestamp(c.ends * 60::double precision) END AS time_end,
	CASE WHEN c.lat <> %[2]d THEN c.lat / %[3]d.0 END AS lat, CASE WHEN c.lat <> %[2]d THEN c.lon / %[3]d.0 END AS lon,
	CASE WHEN c.lat <> %[2]d THEN c.radius * 10 END AS radius_m%[4]s, %[5]s
	FROM cols c JOIN incidents i USING (num) JOIN dict p ON p.name = 'profile' AND p.code = c.profile WHERE c.until = 0;
CREATE VIEW now_findings AS SELECT f.num, told(i.id) AS id, told(f.text) AS terms, told(f.reading) AS reading, told(f.verdict) AS verdict, f.since AS since_entry
	FROM findings f JOIN incidents i USING (num) WHERE f.until = 0;
COMMENT ON VIEW now_incidents IS 'Incidents as of the newest entry that was applied. place is for drawing: the event is somewhere within radius_m of it. Nothing is left out for anybody here: the rights of the record do not hold in the database.';
COMMENT ON VIEW now_findings IS 'What each reading of each text says, as of the newest entry that was applied.';
`, int32(noTime), int32(noPlace), degree, place, strings.Join(fields, ", "))
}
