package evidence

import "testing"

func TestParseNumber(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "3": "3", "5.0": "5", "2..5": "2..5", "about 80": "about 80", "At least 15": "at least 15", "about 10..20": "about 10..20",
	} {
		if n, err := ParseNumber(in); err != nil || n.String() != want {
			t.Errorf("%q: %q %v, want %q", in, n, err, want)
		}
	}
	for _, bad := range []string{"uncountable", "-3", "5..2", "1e9", "3,5", "2..", ".."} {
		if n, err := ParseNumber(bad); err == nil {
			t.Errorf("%q was read as %v", bad, n)
		}
	}
}

func TestLevelsAreOrdered(t *testing.T) {
	for i, l := range Levels() {
		if back, err := ParseLevel(l.String()); err != nil || back != Level(i) {
			t.Errorf("%v: %v %v", l, back, err)
		}
	}
	if _, err := ParseLevel("proven"); err == nil {
		t.Error("a made-up level was read")
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("about 2..5")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			return
		}
		if b, err := ParseNumber(n.String()); err != nil || b != n {
			t.Fatalf("%q: %v printed as %q, read back as %v (%v)", s, n, n.String(), b, err)
		}
	})
}

func FuzzSetFact(f *testing.F) {
	for _, s := range [][2]string{{"place", "sector:48.5,37.9,120±10,2000-6000"}, {"place", "48.5,37.9±300"}, {"time", "2025-03-18T21:00Z..2025-03-19T21:00Z"}, {"lasting", "yes"}, {"act", "attack|jam"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, column, text string) {
		s := Unknown()
		if err := s.SetFact(column, text); err != nil && err.Error() == "" {
			t.Fatal("an error without a message")
		}
		if p, ok := s.Place.Centre(); ok && p.Valid() != nil {
			t.Fatalf("%q: %v", text, p)
		}
	})
}
