package views

import (
	"database/sql"
	"errors"
	"fmt"
)

// Examine checks the file of a store, which a server may have open, and says of
// which size of the log the views in it are. It changes nothing.
func Examine(path string) (size int64, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var have, says string
	err = db.QueryRow("SELECT value FROM meta WHERE name='schema'").Scan(&have)
	if err == nil {
		err = db.QueryRow("SELECT value FROM meta WHERE name='size'").Scan(&size)
	}
	if err == nil {
		err = db.QueryRow("PRAGMA quick_check(1)").Scan(&says)
	}
	switch {
	case err != nil:
		return size, fmt.Errorf("%s: %w", path, err)
	case have != schema:
		return size, fmt.Errorf("%s: of another version of truce: the next start makes it anew", path)
	case says != "ok":
		return size, errors.New(path + ": " + says)
	}
	return size, nil
}
