package views

import (
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

// postgresDumped gives for each statement of dumped the same rows, as SQLite has
// them: words as they are in its full-text indexes, columns packed.
var postgresDumped = []string{
	"SELECT idx, id, kind, root, json FROM docs ORDER BY idx", "SELECT id, rel, src FROM refs ORDER BY id, rel, src", "SELECT num, id, radio FROM incidents ORDER BY num",
	"SELECT num, since, until, json FROM versions ORDER BY num, since",
	`SELECT num, since, until, int4send(starts) || int4send(ends) || int4send(lat) || int4send(lon) || substring(int4send(radius) FROM 3) || substring(int8send(profile) FROM 5) FROM cols ORDER BY num, since`,
	"SELECT num, text, reading, since, until, json FROM findings ORDER BY num, text, reading, since",
	"SELECT num, since, until, code FROM judged ORDER BY num, since", "SELECT convert_to(name, 'UTF8'), code, since, text FROM dict ORDER BY name COLLATE \"C\", code",
	"SELECT seq, num, since, until FROM was ORDER BY seq",
	"SELECT s, idx, n-1 FROM words_docs, unnest(stems) WITH ORDINALITY u(s, n) ORDER BY s, idx, n",
	"SELECT s, num, n-1 FROM words_incidents, unnest(stems) WITH ORDINALITY u(s, n) ORDER BY s, num, n",
	"SELECT s, seq, n-1 FROM was, unnest(stems) WITH ORDINALITY u(s, n) ORDER BY s, seq, n",
}

// Dump writes everything that the views hold, for comparing two of them, as a store
// in a file does.
func (s *postgres) Dump(w io.Writer) error {
	for i, text := range postgresDumped {
		fmt.Fprintln(w, dumped[i])
		err := s.ask(func(rows pgx.Rows) error {
			values, err := rows.Values()
			for _, v := range values {
				switch v := v.(type) {
				case nil:
					fmt.Fprintf(w, "false:%q|", "")
				case []byte:
					fmt.Fprintf(w, "true:%q|", v)
				default:
					fmt.Fprintf(w, "true:%q|", fmt.Sprint(v))
				}
			}
			fmt.Fprintln(w)
			return err
		}, text)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}
