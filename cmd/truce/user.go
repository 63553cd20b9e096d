package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/rights"
)

const userHelp = `User keeps the people of a record: accounts, roles, tokens (docs/people.md).
It works on the record in a folder while no server does, by whoever sits at the
machine; each change is an entry of the record. While a server runs, an
administrator does the same at /people.

An account has one role: ` + "%s." + `
What each may do is in docs/rights.md; truce user why answers for one case.

Exit status: 0 done, 1 refused by the rights, 2 usage, 3 the record cannot be
read or written.`

const userExample = `  truce user setup --data north --origin example.org/north
  truce user add watch --data north --role duty-officer --title "Night watch"
  truce user add alfa-1 --data north --role delegate --party ALFA
  truce user list --data north
  truce user revoke alfa-1 --data north --reason "recalled on 3 May"
  truce user token watch --data north --scopes submit:report --days 30 --name "camera 12"
  truce user why delegate:BRAVO read evidence --marking restricted --of ALFA`

func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "People of a record: accounts, roles, tokens, and why somebody may not", Example: userExample,
		Long: fmt.Sprintf(userHelp, strings.Join(rights.Roles(), ", ")),
		Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(userSetup(), userAdd(), userList(), userGrant(), userRevoke(), userClose(), userLink(), userToken(), userWhy())
	return cmd
}

// userWork runs on the people of a record, which it opens and closes.
type userWork func(ctx context.Context, out io.Writer, p *people.People, l *journal.Log) error

// onPeople makes a command that works on a record.
func onPeople(cmd *cobra.Command, do func(args []string) userWork) *cobra.Command {
	data := cmd.Flags().String("data", "", "folder of the record (required)")
	cobra.CheckErr(cmd.MarkFlagRequired("data"))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withPeople(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), *data, do(args))
	}
	return cmd
}

func withPeople(ctx context.Context, out, notes io.Writer, data string, do userWork) error {
	w := journal.RealWorld(data)
	if _, err := os.Stat(filepath.Join(data, "office.json")); errors.Is(err, fs.ErrNotExist) {
		return unread(fmt.Errorf("%s: there is no record: truce user setup --data %s --origin NAME begins one", data, data))
	}
	l, found, err := journal.Open(w, journal.Options{Interval: -1})
	if errors.Is(err, journal.ErrLocked) {
		return unread(fmt.Errorf("%w: stop the server, or let an administrator do it at /people", err))
	}
	if err != nil {
		return unread(err)
	}
	if len(found.Torn)+len(found.Mended)+len(found.Remade) > 0 {
		fmt.Fprintln(notes, "NOTE:", found)
	}
	p, err := people.Open(ctx, w, l, data, people.Options{})
	if err != nil {
		return unread(errors.Join(err, l.Close()))
	}
	err = do(ctx, out, p, l)
	var no people.ErrRefused
	if errors.As(err, &no) {
		err = failed(err)
	}
	if cerr := errors.Join(p.Close(), l.Close()); cerr != nil && err == nil {
		err = unread(cerr)
	}
	return err
}

func userSetup() *cobra.Command {
	var data, origin string
	cmd := &cobra.Command{Use: "setup --data DIR", Short: "Begin a record, and a link for its first administrator", Args: cobra.NoArgs,
		Example: "  truce user setup --data north --origin example.org/north"}
	cmd.Flags().StringVar(&data, "data", "", "folder of the record (required)")
	cmd.Flags().StringVar(&origin, "origin", "", "name of a record that is to begin, such as example.org/north")
	cobra.CheckErr(cmd.MarkFlagRequired("data"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if _, err := os.Stat(filepath.Join(data, "office.json")); errors.Is(err, fs.ErrNotExist) && origin != "" {
			if err := os.MkdirAll(data, 0o755); err != nil {
				return unread(err)
			}
			if err := journal.Create(journal.RealWorld(data), origin); err != nil {
				return unread(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: a record of %s begins\n", data, origin)
		}
		return withPeople(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), data, func(_ context.Context, out io.Writer, p *people.People, _ *journal.Log) error {
			code, needed, err := p.SetupLink()
			if err == nil && !needed {
				return failed(errors.New("the record has an administrator already: truce user list shows accounts, truce user link makes a new link for one"))
			}
			if err == nil {
				printLink(out, code)
			}
			return err
		})
	}
	return cmd
}

func printLink(out io.Writer, code string) {
	fmt.Fprintf(out, "open once, within %d hours, on the server: /welcome/%s\n", int(people.LinkLife/time.Hour), code)
}

func userAdd() *cobra.Command {
	var n people.NewAccount
	cmd := &cobra.Command{Use: "add NAME --data DIR", Short: "Make an account, and a link for its owner", Args: cobra.ExactArgs(1),
		Example: "  truce user add alfa-1 --data north --role delegate --party ALFA --title \"Liaison officer\""}
	cmd.Flags().StringVar(&n.Role, "role", "", strings.Join(rights.Roles(), ", ")+" (without it: none yet)")
	cmd.Flags().StringVar(&n.Party, "party", "", "party that a delegate speaks for")
	cmd.Flags().StringVar(&n.Title, "title", "", "whose it is, for people")
	cmd.Flags().StringVar(&n.Reason, "reason", "", "why, in words")
	cmd.PreRunE = func(_ *cobra.Command, args []string) error { // before a record is opened
		n.Name = args[0]
		return n.Check()
	}
	return onPeople(cmd, func([]string) userWork {
		return func(ctx context.Context, out io.Writer, p *people.People, _ *journal.Log) error {
			a, err := p.Add(ctx, people.AtConsole(), n)
			if err != nil {
				return err
			}
			code, err := p.Link(ctx, people.AtConsole(), a.ID)
			if err != nil {
				return err
			}
			printAccount(out, a)
			printLink(out, code)
			return nil
		}
	})
}

func roleWords(role, party string) string {
	switch {
	case role == "":
		return "no role"
	case party != "":
		return role + " of " + party
	}
	return role
}

func printAccount(out io.Writer, a people.Account) {
	line := fmt.Sprintf("%s  %-16s %s", a.ID, a.Name, roleWords(a.Role, a.Party))
	if !a.Active {
		line += ", closed"
	}
	if a.Waiting != nil {
		line += "; waits for a chair: " + roleWords(a.Waiting.Role, a.Waiting.Party)
	}
	if a.Title != "" {
		line += "  (" + a.Title + ")"
	}
	fmt.Fprintln(out, line)
}

// listed is an account in JSON.
type listed struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Role    string `json:"role,omitempty"`
	Party   string `json:"party,omitempty"`
	Active  bool   `json:"active"`
	Waits   string `json:"waits,omitempty"`
	Key     string `json:"key"`
}

func userList() *cobra.Command {
	cmd := &cobra.Command{Use: "list --data DIR", Short: "Accounts, and entries about people that count for nothing", Args: cobra.NoArgs, Example: "  truce user list --data north --json"}
	asJSON := cmd.Flags().Bool("json", false, "print them as JSON")
	return onPeople(cmd, func([]string) userWork {
		return func(_ context.Context, out io.Writer, p *people.People, _ *journal.Log) error {
			accounts := p.Directory().Accounts()
			if *asJSON {
				list := make([]listed, 0, len(accounts))
				for _, a := range accounts {
					l := listed{Account: a.ID, Name: a.Name, Title: a.Title, Role: a.Role, Party: a.Party, Active: a.Active, Key: a.Key.String()}
					if a.Waiting != nil {
						l.Waits = roleWords(a.Waiting.Role, a.Waiting.Party)
					}
					list = append(list, l)
				}
				return json.NewEncoder(out).Encode(list)
			}
			for _, a := range accounts {
				printAccount(out, a)
			}
			for _, i := range p.Directory().Ignored() {
				fmt.Fprintf(out, "entry %d, %s, counts for nothing: %s\n", i.Index, i.Kind, i.Why)
			}
			return nil
		}
	})
}

func userGrant() *cobra.Command {
	cmd := &cobra.Command{Use: "grant NAME ROLE --data DIR", Short: "Give an account a role, in place of the one it has", Args: cobra.ExactArgs(2), Example: "  truce user grant watch duty-officer --data north"}
	party := cmd.Flags().String("party", "", "party that a delegate speaks for")
	reason := cmd.Flags().String("reason", "", "why, in words")
	cmd.PreRunE = func(_ *cobra.Command, args []string) error { return people.CheckRole(args[1], *party) }
	return onPeople(cmd, func(args []string) userWork { return giveRole(args[0], args[1], party, reason) })
}

func userRevoke() *cobra.Command {
	cmd := &cobra.Command{Use: "revoke NAME --data DIR", Short: "Take the role of an account away", Args: cobra.ExactArgs(1), Example: "  truce user revoke alfa-1 --data north --reason recalled"}
	reason := cmd.Flags().String("reason", "", "why, in words")
	return onPeople(cmd, func(args []string) userWork { return giveRole(args[0], "", new(string), reason) })
}

func giveRole(name, role string, party, reason *string) userWork {
	return func(ctx context.Context, out io.Writer, p *people.People, _ *journal.Log) error {
		a, err := p.Grant(ctx, people.AtConsole(), name, role, *party, *reason)
		if err == nil {
			printAccount(out, a)
		}
		return err
	}
}

func userClose() *cobra.Command {
	cmd := &cobra.Command{Use: "close NAME --data DIR", Short: "Close an account: it signs in no more, what it wrote stays", Args: cobra.ExactArgs(1), Example: "  truce user close alfa-1 --data north"}
	reason := cmd.Flags().String("reason", "", "why, in words")
	reopen := cmd.Flags().Bool("reopen", false, "open it again")
	return onPeople(cmd, func(args []string) userWork {
		return func(ctx context.Context, out io.Writer, p *people.People, _ *journal.Log) error {
			if err := p.SetState(ctx, people.AtConsole(), args[0], *reopen, *reason); err != nil {
				return err
			}
			a, _ := p.Directory().Account(args[0])
			printAccount(out, a)
			return nil
		}
	})
}

func userLink() *cobra.Command {
	cmd := &cobra.Command{Use: "link NAME --data DIR", Short: "A one-time link to choose a new password", Args: cobra.ExactArgs(1), Example: "  truce user link watch --data north --second-factor"}
	second := cmd.Flags().Bool("second-factor", false, "remove the second factor too: the device and the recovery codes are lost")
	return onPeople(cmd, func(args []string) userWork {
		return func(ctx context.Context, out io.Writer, p *people.People, _ *journal.Log) error {
			if *second {
				if err := p.ResetSecondFactor(ctx, args[0]); err != nil {
					return err
				}
			}
			code, err := p.Link(ctx, people.AtConsole(), args[0])
			if err == nil {
				printLink(out, code)
			}
			return err
		}
	})
}

func userToken() *cobra.Command {
	cmd := &cobra.Command{Use: "token NAME --data DIR", Short: "Make, list or withdraw tokens of an account", Args: cobra.ExactArgs(1),
		Example: "  truce user token watch --data north --scopes submit:report,read:report --days 30\n  truce user token watch --data north --withdraw T4XJ0Q8W"}
	scopes := cmd.Flags().StringSlice("scopes", nil, "what a new one is good for: ACTION or ACTION:THING, as in docs/rights.md")
	days := cmd.Flags().Int("days", 90, "how long it holds, up to 366")
	name := cmd.Flags().String("name", "", "what it is for")
	withdraw := cmd.Flags().String("withdraw", "", "id of a token that ends now")
	return onPeople(cmd, func(args []string) userWork {
		return func(ctx context.Context, out io.Writer, p *people.People, _ *journal.Log) error {
			a, ok := p.Directory().Account(args[0])
			if !ok {
				return fmt.Errorf("there is no account %q", args[0])
			}
			switch {
			case *withdraw != "":
				t, ok := p.Directory().Token(*withdraw)
				if !ok || t.Account != a.ID {
					return fmt.Errorf("account %s has no token %q", a.Name, *withdraw)
				}
				return p.Withdraw(ctx, people.AtConsole(), *withdraw)
			case len(*scopes) > 0:
				text, err := p.IssueAt(ctx, a.ID, *name, *scopes, time.Duration(min(*days, 1e4))*24*time.Hour)
				if err == nil {
					fmt.Fprintf(out, "%s\nshown now and never again\n", text)
				}
				return err
			}
			for _, t := range p.Directory().Tokens(a.ID) {
				state := "until " + t.Until.UTC().Format(time.DateOnly)
				if t.Withdrawn {
					state = "withdrawn"
				}
				fmt.Fprintf(out, "%s  %s  %s  %s\n", t.ID, state, strings.Join(t.Scopes, ","), t.Name)
			}
			return nil
		}
	})
}

const whyHelp = `Why says whether somebody may do something, and which rows of the table of
rights decide it. WHO is a role (public, verifier, delegate:PARTY) or, with
--data, the name of an account. THING is a kind of thing (docs/rights.md) or, with
--data, the id of an entry: then each of its fields is told.`

func userWhy() *cobra.Command {
	var data, marking, of string
	var own, asJSON bool
	cmd := &cobra.Command{Use: "why WHO ACTION THING", Short: "Why somebody may, or may not", Long: whyHelp, Args: cobra.ExactArgs(3),
		Example: "  truce user why delegate:BRAVO read evidence --marking restricted --of ALFA\n  truce user why public read 01JQ6Z3V9K0000000000000000 --data north"}
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "folder of a record, for accounts and entries")
	f.StringVar(&marking, "marking", string(rights.Restricted), "public, parties, mission, restricted")
	f.StringVar(&of, "of", "", "whose it is, if one party's")
	f.BoolVar(&own, "own", false, "the same account wrote it")
	f.BoolVar(&asJSON, "json", false, "print the lines as JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(rights.Markings(), rights.Marking(marking)) {
			return fmt.Errorf("--marking %s: expected public, parties, mission or restricted", marking)
		}
		if !slices.Contains(rights.Actions(), args[1]) {
			return fmt.Errorf("action %q: expected one of %s", args[1], strings.Join(rights.Actions(), ", "))
		}
		print := func(lines []string) error {
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(lines)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(lines, "\n"))
			return err
		}
		general := slices.Contains(rights.Things(), args[2])
		role, party, _ := strings.Cut(args[0], ":")
		who := rights.Who{Role: role, Party: party}
		isRole := role == rights.Public || slices.Contains(rights.Roles(), role)
		o := rights.Object{Thing: args[2], Marking: rights.Marking(marking), Party: of}
		if data == "" {
			switch {
			case !isRole:
				return fmt.Errorf("%q: expected a role of %s, or --data DIR for the name of an account", args[0], strings.Join(rights.Roles(), ", "))
			case !general:
				return fmt.Errorf("%q: expected one of %s, or --data DIR for the id of an entry", args[2], strings.Join(rights.Things(), ", "))
			}
			if own {
				who.Account, o.Account = "own", "own"
			}
			return print(rights.Default().Explain(who, args[1], o))
		}
		return withPeople(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), data, func(_ context.Context, _ io.Writer, p *people.People, l *journal.Log) error {
			if a, ok := p.Directory().Account(args[0]); ok {
				who = a.Who()
			} else if !isRole {
				return fmt.Errorf("%q: expected an account of the record, or a role of %s", args[0], strings.Join(rights.Roles(), ", "))
			}
			if own {
				o.Account = who.Account
			}
			if general {
				return print(p.Explain(who, args[1], o))
			}
			if args[1] != "read" {
				return errors.New("of an entry only read is told field by field; for other actions name the thing")
			}
			lines, err := p.Why(l.Reader(), who, args[2])
			if err != nil {
				return err
			}
			return print(lines)
		})
	}
	return cmd
}
