package feeds

import (
	"fmt"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

// said are sentences of the Mission's reports, as quoted where source says, with
// what one person reads in them: kind, number, weapon, sense, station, time in
// UTC, ranges. They were written down before the reader was run on them.
var said = []struct {
	source, issued, text string
	want                 []string
}{
	{"reliefweb.int, report -531", "8 September 2018",
		"On the evening and night of 6-7 September, while in Svitlodarsk (government-controlled, 57km north-east of Donetsk), the SMM heard 15 undetermined explosions and about 200 shots and bursts of small-arms fire, all 3-5km south-east. During the day on 7 September, the SMM heard five undetermined explosions 2-5km south-east.",
		[]string{
			"15 explosion - heard Svitlodarsk 2018-09-06T13:00Z..2018-09-07T05:00Z 3-5km south-east",
			"about 200 burst small-arms heard Svitlodarsk 2018-09-06T13:00Z..2018-09-07T05:00Z 3-5km south-east",
			"5 explosion - heard Svitlodarsk 2018-09-07T03:00Z..2018-09-07T17:00Z 2-5km south-east"}},
	{"reliefweb.int, report -531", "8 September 2018",
		"On the evening and night of 6-7 September, the SMM camera at the entry-exit checkpoint in Maiorsk (government-controlled, 45km north-east of Donetsk) recorded about 80 projectiles in flight (mostly from north to south) and two illumination flares, all 1-4km east-north-east, east and east-south-east.",
		[]string{
			"about 80 projectile - recorded Maiorsk 2018-09-06T13:00Z..2018-09-07T05:00Z 1-4km east-north-east|1-4km east|1-4km east-south-east",
			"2 flare - recorded Maiorsk 2018-09-06T13:00Z..2018-09-07T05:00Z 1-4km east-north-east|1-4km east|1-4km east-south-east"}},
	{"reliefweb.int, report -538", "17 September 2018",
		"On the evening and night of 14-15 September, while in Svitlodarsk (government-controlled, 57km north-east of Donetsk), the SMM heard 29 undetermined explosions and about 25 bursts of heavy-machine-gun and small-arms fire, all 3-6km south-east. On the evening of 15-16 September, at the same location, the SMM heard about 40 undetermined explosions and about 40 bursts of heavy-machine-gun fire, all 2-5km south-east and south.",
		[]string{
			"29 explosion - heard Svitlodarsk 2018-09-14T13:00Z..2018-09-15T05:00Z 3-6km south-east",
			"about 25 burst heavy-machine-gun, small-arms heard Svitlodarsk 2018-09-14T13:00Z..2018-09-15T05:00Z 3-6km south-east",
			"about 40 explosion - heard Svitlodarsk 2018-09-15T13:00Z..2018-09-16T21:00Z 2-5km south-east|2-5km south",
			"about 40 burst heavy-machine-gun heard Svitlodarsk 2018-09-15T13:00Z..2018-09-16T21:00Z 2-5km south-east|2-5km south"}},
	{"osce.org/ukraine-smm/263801", "12 September 2016",
		`Positioned at the Donetsk central railway station ("DPR"-controlled, 6km north-west of Donetsk city centre) during the day on 10 September, the SMM heard 48 undetermined explosions at locations ranging from 2-7km north-north-east, north-east and north-north-west of its position, as well as two bursts and two single shots of small-arms fire 3-4km north-north-east of its position.`,
		[]string{
			"48 explosion - heard Donetsk central railway station 2016-09-10T03:00Z..2016-09-10T17:00Z 2-7km north-north-east|2-7km north-east|2-7km north-north-west",
			"2 burst - heard Donetsk central railway station 2016-09-10T03:00Z..2016-09-10T17:00Z 3-4km north-north-east",
			"2 shot small-arms heard Donetsk central railway station 2016-09-10T03:00Z..2016-09-10T17:00Z 3-4km north-north-east"}},
	{"osce.org/ukraine-smm/263801", "12 September 2016",
		`During the night of 10-11 September, whilst in "DPR"-controlled Donetsk city centre, the SMM heard seven undetermined explosions 7-10km north-west of its location.`,
		[]string{"7 explosion - heard Donetsk 2016-09-10T13:00Z..2016-09-11T05:00Z 7-10km north-west"}},
	{"reliefweb.int, spot report of 7 September 2018", "7 September 2018",
		"At 10:25 on 5 September, the SMM was positioned about 5km north-west of the above-mentioned checkpoint where, between 10:25 and 11:00, it heard 15 undetermined explosions 5-6km south-east of its position.",
		[]string{"15 explosion - heard ? 2018-09-05T07:25Z..2018-09-05T08:01Z 5-6km south-east"}},
	{"reliefweb.int, spot report of 7 September 2018", "7 September 2018",
		"On the morning on 5 September, the SMM camera in Zolote (government-controlled, 60km west of Luhansk) recorded, between 08:35 and 10:13, nine explosions assessed as impacts of grenades fired from an automatic grenade launcher 1.4-1.6km south-east and south-south-east, all assessed as inside the disengagement area, south of its northern edge.",
		[]string{"9 explosion automatic grenade launcher recorded Zolote 2018-09-05T05:35Z..2018-09-05T07:14Z 1.4-1.6km south-east|1.4-1.6km south-south-east"}},
	{"censor.net.ua/en/news/420509", "21 December 2016",
		"During the evening of Dec. 19, while in government-controlled Svitlodarsk, the SMM heard, within 22 minutes, 71 explosions assessed as outgoing 152 mm artillery rounds 6 km south-east and 5 km south.",
		[]string{"71 explosion 152 mm artillery heard Svitlodarsk 2016-12-19T14:00Z..2016-12-19T22:00Z 6 km south-east|5 km south"}},
	{"censor.net.ua/en/news/420509", "21 December 2016",
		`During the evening of Dec. 19, while in "DPR"-controlled Debaltseve, the SMM heard, within one hour, 133 undetermined explosions 8-15km north-west.`,
		[]string{"133 explosion - heard Debaltseve 2016-12-19T14:00Z..2016-12-19T22:00Z 8-15km north-west"}},
	{"unian.info/war/1146432", "7 October 2015",
		`At the Joint Centre for Control and Co-ordination observation point at "Donetsk People's Republic" ("DPR")-controlled Donetsk railway station (8km north-west of Donetsk city center), the SMM heard between 09:34 and 12:02 on 6 October four bursts of small-arms fire 3-4km west of its location.`,
		[]string{"4 burst small-arms heard Donetsk railway station 2015-10-06T06:34Z..2015-10-06T09:03Z 3-4km west"}},
	{"unian.info/war/1239970", "18 January 2016",
		`Whilst in government-controlled Chermalyk (31km north-east of Mariupol) at 11:14hrs on January 16, the SMM heard three single shots of small-arms to the east.`,
		[]string{"3 shot small-arms heard Chermalyk 2016-01-16T09:14Z..2016-01-16T09:15Z ?"}},
	{"interfax 418926", "29 April 2017",
		`At 12:20 on 28 April, from inside their vehicles at a checkpoint near "LPR"-controlled Molodizhne (63km north-west of Luhansk), the SMM heard an explosion assessed as an airburst about 50-100m north-west.`,
		[]string{"1 airburst - heard Molodizhne 2017-04-28T09:20Z..2017-04-28T09:21Z 50-100m north-west"}},
	{"osce.org 260101, as carried in August 2016", "17 August 2016",
		`On 16 August, while in "DPR"-controlled Yasynuvata (16km north-east of Donetsk), the SMM also recorded (uncountable) heavy-machine-gun and small-arms-fire throughout the day on both sides of the contact line.`,
		[]string{"at least 1 burst heavy-machine-gun, small-arms recorded Yasynuvata 2016-08-16T03:00Z..2016-08-16T17:00Z ?"}},
	{"reliefweb.int, report -531", "8 September 2018",
		"In Donetsk region, the SMM recorded more ceasefire violations including, however, fewer explosions (about 90), compared with the previous reporting period (about 260 explosions).",
		nil},
}

func summarise(in *evidence.Incident, o []string) string {
	s := in.Scenarios[0]
	when := s.Time.Start.String() + ".." + s.Time.End.String()
	if s.Time.Unknown() {
		when = "?"
	}
	weapon, station, ranges := in.Seen.Weapon, in.Seen.Station, strings.Join(o, "|")
	for _, x := range []*string{&station, &ranges} {
		if *x == "" {
			*x = "?"
		}
	}
	if weapon == "" {
		weapon = "-"
	}
	return fmt.Sprintf("%s %s %s %s %s %s %s", in.Count, in.Seen.Kind, weapon, in.Seen.Sense, station, when, ranges)
}

// rangesOf takes the words of a place apart again: for comparing only.
func rangesOf(in *evidence.Incident) []string {
	text, _, _ := strings.Cut(in.Scenarios[0].PlaceName, " of "+in.Seen.Station)
	var o smmObservation
	if !o.ranged(text) {
		return nil
	}
	return o.ranges
}

func TestSMMProse(t *testing.T) {
	right, all := 0, 0
	for _, c := range said {
		var got []string
		sum, err := Read("report.txt", strings.NewReader("OSCE SMM Daily Report issued on "+c.issued+"\n"+c.text+"\n"), Options{}, func(in *evidence.Incident) error {
			got = append(got, summarise(in, rangesOf(in)))
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		if c.want == nil && sum.Reports != 1 {
			t.Errorf("%s: a total over a region is a report and no observation: %+v", c.source, sum)
		}
		for i := range max(len(got), len(c.want)) {
			g, w := "(none)", "(none)"
			if i < len(got) {
				g = got[i]
			}
			if i < len(c.want) {
				w = c.want[i]
			}
			all++
			if g == w {
				right++
				continue
			}
			t.Errorf("%s\n  read     %s\n  expected %s", c.source, g, w)
		}
	}
	t.Logf("%d of %d observations in %d passages", right, all, len(said))
}

const smmAnnex = `SMM position,Event location,Means,No.,Observation,Description,Weapon,"Date, time"
"SMM camera at Donetsk Filtration Station (15km N of Donetsk)",2-4km ENE,Recorded,about 80,Projectile,From N to S,N/K,"13-Apr, 20:52"
"Svitlodarsk (government-controlled, 57km NE of Donetsk)",3-5km SE,Heard,uncountable,Burst,N/K,HMG,"13-Apr, 23:50-00:10"
"Svitlodarsk (government-controlled, 57km NE of Donetsk)",3-5km SE,Heard,4,Explosion,Assessed as live-fire exercise (inside security zone),"Mortar (120 mm)","14-Apr, 11:20"
somewhere,N/K,Heard,1,Bang,,,"14-Apr, 11:20"
somewhere,N/K,Heard,many,Shot,,,"14-Apr, 11:20"
`

func TestSMMTable(t *testing.T) {
	var got []*evidence.Incident
	sum, err := Read("cfv-2021-04-14.csv", strings.NewReader(smmAnnex), Options{}, func(in *evidence.Incident) error { got = append(got, in); return nil })
	if err != nil || sum.As != "smm" || sum.Incidents != 3 || sum.Rejected != 2 {
		t.Fatal(sum, err)
	}
	for i, want := range []string{
		"about 80 projectile - recorded 2021-04-13T17:52Z..2021-04-13T17:53Z",
		"at least 1 burst hmg heard 2021-04-13T20:50Z..2021-04-13T21:11Z",
		"4 explosion mortar (120 mm heard 2021-04-14T08:20Z..2021-04-14T08:21Z",
	} {
		in := got[i]
		weapon := in.Seen.Weapon
		if weapon == "" {
			weapon = "-"
		}
		if have := fmt.Sprintf("%s %s %s %s %s..%s", in.Count, in.Seen.Kind, weapon, in.Seen.Sense, in.Scenarios[0].Time.Start, in.Scenarios[0].Time.End); have != want {
			t.Errorf("%s, expected %s", have, want)
		}
		if in.Scenarios[0].Place.IsUnknown() {
			t.Errorf("%s: no sector", want)
		}
		if len(in.Scenarios[0].Actor) > 0 {
			t.Errorf("%s: somebody is named who did it: %v", want, in.Scenarios[0].Actor)
		}
	}
	if len(got[2].Scenarios[0].Act) != 0 || got[2].Seen.Exercise == "" {
		t.Errorf("an exercise is no attack: %+v", got[2].Scenarios[0])
	}
	if !strings.Contains(sum.Problems[0].Msg, "is no observation") || !strings.Contains(sum.Problems[1].Msg, "is no number") {
		t.Error(sum.Problems)
	}
}

func FuzzSMM(f *testing.F) {
	for _, c := range said {
		f.Add("issued on " + c.issued + "\n" + c.text)
	}
	f.Add(smmAnnex)
	f.Fuzz(func(t *testing.T, text string) {
		Read("report.txt", strings.NewReader(text), Options{As: "smm"}, func(in *evidence.Incident) error {
			if in.Seen == nil || len(in.Scenarios[0].Actor) > 0 {
				t.Errorf("%+v", in)
			}
			if s := in.Scenarios[0].Time; s.End <= s.Start {
				t.Errorf("time %v", s)
			}
			return nil
		})
	})
}
