package terms

import (
	"strings"
	"testing"
	"testing/fstest"
)

func parseText(s string) (*Terms, Problems) {
	return Parse(fstest.MapFS{"t.truce.md": {Data: []byte(s)}}, "t.truce.md")
}

func TestMonitoring(t *testing.T) {
	const rules = "monitoring: {reported: {groups: 1, both_parties: yes}, corroborated: {groups: 3, reliability: c, sensors: yes}, verified: {by: MM}}\n"
	front, body := monitoringText()
	parsed, problems := parseText(strings.Replace(front, "others:", rules+"others:", 1) + body)
	if len(problems) > 0 || parsed == nil || parsed.Monitoring == nil || len(parsed.Monitoring.Levels) != 3 {
		t.Fatalf("%v %+v", problems, parsed)
	}
	if c := parsed.Monitoring.Levels[1]; c.Level != "corroborated" || c.Groups != 3 || c.Reliability != "C" || !c.Sensors || c.BothParties {
		t.Errorf("%+v", c)
	}
	plain, _ := parseText(front + body)
	if plain == nil || plain.Monitoring != nil || plain.Digest == parsed.Digest {
		t.Error("the rules have no part in the digest")
	}
	for bad, says := range map[string]string{
		"monitoring: {rumoured: {groups: 1}}":                    `unknown key "rumoured"`,
		"monitoring: {reported: {groups: none}}":                 "expected groups: how many",
		"monitoring: {reported: {groups: 1, reliability: best}}": "expected one of A, B, C",
		"monitoring: {reported: {groups: 1, sensors: perhaps}}":  "expected yes or no",
		"monitoring: {verified: {by: XX}}":                       `"XX" is named neither`,
		"monitoring: {determined: {groups: 2}}":                  `unknown key "groups"`,
		"monitoring: strict":                                     "expected a mapping",
	} {
		_, problems := parseText(strings.Replace(front, "others:", bad+"\nothers:", 1) + body)
		if !strings.Contains(problems.Error(), says) {
			t.Errorf("%s: %v, want %s", bad, problems, says)
		}
	}
}

func monitoringText() (string, string) {
	return `---
truce: 1
id: m
parties: {A: {name: A}, B: {name: B}}
others: {MM: monitoring mission}
time: {zone: UTC, start: "2030-03-01T00:00Z", end: "2030-04-01T00:00Z"}
---
`, `
> 1.1 Each Party refrains from strikes.

` + "```truce\nclause: \"1.1\"\nforbid: {act: attack.strike}\n```\n"
}
