package background

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/rights"
)

// SignIn is a service of OpenID Connect by which people may sign in
// (docs/people.md).
type SignIn struct {
	Issuer string        `yaml:"issuer"`
	Client string        `yaml:"client"`
	Secret fetch.Secret  `yaml:"secret"` // none: the client is public, and PKCE alone protects the exchange
	Name   string        `yaml:"name"`   // for people; the issuer, where absent
	Claim  string        `yaml:"claim"`  // that names the account; absent: owners tie their accounts themselves
	Create bool          `yaml:"create"` // an account is made where there is none of the name
	Roles  []RoleByClaim `yaml:"roles"`
}

// RoleByClaim gives an account that is made so a role.
type RoleByClaim struct {
	Claim string `yaml:"claim"`
	Is    string `yaml:"is"`
	Role  string `yaml:"role"`
	Party string `yaml:"party"` // of a delegate
}

// Check names all that is wrong.
func (s *SignIn) Check() (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf("sign-in: "+format, args...)) }
	u, err := url.Parse(s.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		say("issuer: expected an address such as https://id.example.org/realms/north")
	case u.Scheme != "https" && !(u.Scheme == "http" && local(u.Hostname())):
		say("issuer: expected https: whoever stands between could sign in as anybody")
	}
	if s.Client == "" {
		say("client: expected the id under which the service knows this server")
	}
	if s.Secret != "" {
		if err := s.Secret.Check(); err != nil {
			say("secret: %v", err)
		}
	}
	if s.Create && s.Claim == "" {
		say("create: needs claim: which claim names the account")
	}
	if len(s.Roles) > 0 && !s.Create {
		say("roles: are given to accounts that are made so: expected create: true beside them")
	}
	for i, r := range s.Roles {
		if r.Claim == "" || r.Is == "" {
			say("roles[%d]: expected claim and is", i)
		}
		if !slices.Contains(rights.Roles(), r.Role) {
			say("roles[%d]: role %q: expected one of %s", i, r.Role, strings.Join(rights.Roles(), ", "))
		}
		if r.Role == rights.Administrator {
			say("roles[%d]: who keeps accounts here is not said elsewhere: grant administrator by hand", i)
		}
		if (r.Role == rights.Delegate) != (r.Party != "") {
			say("roles[%d]: a delegate has a party, and nobody else", i)
		}
	}
	return faults
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
