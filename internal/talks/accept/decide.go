package accept

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Words of a decision on a draft.
const (
	Accept = "accept"
	Amend  = "amend"
	Reject = "reject"
)

// fixed are members that no decision changes: the words, where they stand, whose they
// are said to be.
var fixed = []string{"quotation", "read", "of", "at", "account", "says", "facts"}

// Change fills changes into a proposed payload: a member by a value of the same type,
// or none to take it out. What was read stays visible: the entry names each member that
// a person changed, with what was read.
func Change(p Proposed, changes map[string]any, reason string) (map[string]any, error) {
	payload, err := members(p.Payload)
	if err != nil {
		return nil, err
	}
	read, _ := payload["read"].(map[string]any)
	if read == nil {
		read = map[string]any{}
		payload["read"] = read
	}
	var told []string
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		v := changes[name]
		switch {
		case slices.Contains(fixed, name):
			return nil, fmt.Errorf("%s: it is as the article has it, and is not changed: reject the draft, and enter what you mean by hand", name)
		case name == "marking" || name == "markings" || name == "party" && p.Kind == "claim@1":
			return nil, fmt.Errorf("%s: an article is no secret: what is said in confidence is entered by hand", name)
		}
		was, there := payload[name]
		if same(was, v) {
			continue
		}
		if !there {
			told = append(told, name+": not read")
		} else {
			b, _ := json.Marshal(was)
			told = append(told, name+": read as "+string(b))
		}
		if v == nil || v == "" {
			delete(payload, name)
		} else {
			payload[name] = v
		}
	}
	if len(told) > 0 {
		read["amended"] = strings.Join(told, "; ")
	}
	if reason != "" {
		read["reason"] = reason
	}
	return payload, nil
}

func same(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

// members is a payload as a decoder would have it.
func members(payload any) (map[string]any, error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	return out, json.Unmarshal(b, &out)
}
