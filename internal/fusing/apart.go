package fusing

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
)

// maxApart bounds a file of pairs, in bytes.
const maxApart = 16 << 20

// ApartFile reads pairs of reports that people hold to be of different events:
// see ReadApart.
func ApartFile(name string) ([]evidence.Held, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadApart(name, f)
}

// ReadApart reads CSV with the columns a, b and reason, and optionally by, entry and
// decision (apart, or withdrawn: a later line about a pair takes the place of
// earlier ones), or the answer of a server's /api/apart. All lines with a fault
// are named.
func ReadApart(name string, r io.Reader) ([]evidence.Held, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxApart+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(b) > maxApart {
		return nil, fmt.Errorf("%s: longer than %d MiB", name, maxApart>>20)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if t := bytes.TrimSpace(b); len(t) > 0 && t[0] == '{' {
		return apartJSON(name, t)
	}
	return apartCSV(name, b)
}

func apartJSON(name string, b []byte) ([]evidence.Held, error) {
	var list struct {
		Items []evidence.Held `json:"items"`
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("%s: %w: expected the answer of /api/apart, or CSV with the columns a,b,reason", name, err)
	}
	for i, h := range list.Items {
		if why := faulty(h); why != "" {
			return nil, fmt.Errorf("%s: item %d: %s", name, i+1, why)
		}
	}
	return list.Items, nil
}

func faulty(h evidence.Held) string {
	switch {
	case h.A == "" || h.B == "":
		return "it names no two reports: expected an id in a and in b"
	case h.A == h.B:
		return fmt.Sprintf("%s is held apart from itself: expected another report in b", h.A)
	case strings.TrimSpace(h.Reason) == "":
		return "no reason: expected why they are two, in words"
	}
	return ""
}

func apartCSV(name string, b []byte) ([]evidence.Held, error) {
	in := csv.NewReader(bytes.NewReader(b))
	in.FieldsPerRecord = -1
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: no columns: expected a,b,reason", name)
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.ToLower(strings.TrimSpace(h))] = i
	}
	for _, c := range []string{"a", "b", "reason"} {
		if _, ok := at[c]; !ok {
			return nil, fmt.Errorf("%s:1: no column %q: expected a,b,reason, and if wanted by,entry,decision", name, c)
		}
	}
	var faults []string
	standing := map[[2]string]evidence.Held{}
	for {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := in.FieldPos(0)
		cell := func(c string) string {
			if i, ok := at[c]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		h := evidence.Held{A: cell("a"), B: cell("b"), Reason: cell("reason"), By: cell("by"), Entry: cell("entry")}
		why, decision := faulty(h), cell("decision")
		if why == "" && !slices.Contains([]string{"", "apart", "withdrawn"}, decision) {
			why = fmt.Sprintf("column decision: %q: expected apart or withdrawn", decision)
		}
		if why != "" {
			faults = append(faults, fmt.Sprintf("%s:%d: %s", name, line, why))
			continue
		}
		k := [2]string{min(h.A, h.B), max(h.A, h.B)}
		if delete(standing, k); decision != "withdrawn" {
			standing[k] = h
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	var out []evidence.Held
	for _, h := range standing {
		out = append(out, h)
	}
	return evidence.NewApart(out).All(), nil
}
