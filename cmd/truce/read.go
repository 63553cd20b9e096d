package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/talks"
	"github.com/truce-project/truce/internal/talks/article"
	"github.com/truce-project/truce/internal/talks/extract"
	"github.com/truce-project/truce/internal/talks/reader"
	"github.com/truce-project/truce/internal/talks/sheet"
)

const readHelp = `Read turns an article into drafts of what it tells about talks: meetings planned,
held, moved and cancelled, and their order; delegations with head and mandate;
proposals; who accepts, accepts on a condition, rejects, is silent; orders;
claims and denials; general accusations; incidents; reserved responses; what is
to be settled. Each draft has the exact words that it rests on, with their
place in bytes, who said them, and who relayed them. A person accepts each:
nothing is entered into a record but what --accept names, one by one.

ARTICLE is a text, a page of HTML, a feed (RSS or Atom), a list of addresses, JSON
lines with a "text", an address, or - for standard input. English, Ukrainian and
Russian are read.

Dates such as "last Tuesday" are resolved against the dateline of the article, or
against --dateline. With neither they stay relative: D is the day that the text
names first.

--brief prints one page for a delegation: what is on the table, who is bound by
what and since when, what is in scope, what could be monitored by which means,
and what is still to be settled.

--extractor asks a service with an OpenAI-compatible interface as well. What it
answers is drafts like the others, marked, and refused where it does not quote
the article word for word. Its key, if it needs one, is in TRUCE_EXTRACTOR_KEY.

--accept ID,... enters these drafts into the record --data as entries of talks, or
as claims (docs/talks.md), with their words and the name --accepted-by. A draft that
leaves open what an entry needs is refused, and so is one that is there already.

Exit status: 0 also when nothing was found, 1 if a draft was refused, 2 usage, 3 if
input could not be read.`

const readExample = `  truce read article.txt --dateline 2025-03-23
  truce read article.html --brief
  truce read feed.xml --json
  truce read article.txt --accept position-3f2a91c07d5e8b16 --data north --accepted-by "duty officer"
  truce read article.txt --extractor http://127.0.0.1:8080/v1 --model local`

// maxArticle bounds one file of articles, in bytes.
const maxArticle = 64 << 20

type readOptions struct {
	dateline, as      string
	extractor, model  string
	asJSON, wantBrief bool
	allow             []string
	accept            []string
	data, person      string

	day   reader.Day
	guard *fetch.Guard
}

func readCommand() *cobra.Command {
	o := &readOptions{}
	cmd := &cobra.Command{
		Use: "read ARTICLE...", Short: "An article to drafts of meetings, proposals, positions, claims, each with its words", Long: readHelp, Example: readExample,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.dateline != "" {
				t, err := time.Parse(time.DateOnly, o.dateline)
				if err != nil {
					return fmt.Errorf("--dateline %s: expected a day such as 2025-03-23", o.dateline)
				}
				o.day = reader.DayOf(t)
			}
			var err error
			if o.guard, err = fetch.NewGuard(o.allow); err != nil {
				return fmt.Errorf("--allow: %w", err)
			}
			if len(o.accept) > 0 && (o.data == "" || o.person == "") {
				return errors.New("--accept: expected --data DIR, the record, and --accepted-by NAME, the person who accepts")
			}
			return o.run(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dateline, "dateline", "", "day of the article, such as 2025-03-23; goes before what it says itself")
	f.StringVar(&o.as, "as", "", "kind of the input, guessed by content when absent: "+strings.Join(article.Kinds(), ", "))
	f.BoolVar(&o.wantBrief, "brief", false, "print one page for a delegation")
	f.StringVar(&o.extractor, "extractor", "", "also ask this OpenAI-compatible service, such as http://127.0.0.1:8080/v1")
	f.StringArrayVar(&o.allow, "allow", nil, "host that articles may be fetched from though it is not public (repeat the flag for more)")
	f.StringSliceVar(&o.accept, "accept", nil, "ids of drafts to enter into the record, with commas between them")
	f.StringVar(&o.data, "data", "", "folder of the record that --accept enters them into")
	f.StringVar(&o.person, "accepted-by", "", "who accepts the drafts")
	f.StringVar(&o.model, "model", "", "model that the service is asked for")
	f.BoolVar(&o.asJSON, "json", false, "print as JSON")
	return cmd
}

func (o *readOptions) run(cmd *cobra.Command, args []string) error {
	out := []talks.Article{}
	unreadable := 0
	for _, arg := range args {
		list, err := o.open(cmd, arg)
		if err != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "truce:", err)
			unreadable++
		}
		for _, s := range list {
			a, err := o.read(cmd, s)
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "truce:", err)
				unreadable++
				continue
			}
			out = append(out, a)
		}
	}
	if len(o.accept) > 0 {
		if err := o.enter(cmd, out); err != nil {
			return err
		}
	} else if err := o.print(cmd.OutOrStdout(), out); err != nil {
		return err
	}
	if unreadable > 0 {
		return unread(fmt.Errorf("%s could not be read; the rest was", brief.Count(unreadable, "input")))
	}
	return nil
}

// open reads an argument as articles.
func (o *readOptions) open(cmd *cobra.Command, arg string) ([]article.Source, error) {
	if strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://") {
		return []article.Source{{Name: arg, URL: arg}}, nil
	}
	in := cmd.InOrStdin()
	if arg != "-" {
		f, err := os.Open(arg)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxArticle+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxArticle {
		return nil, fmt.Errorf("%s: larger than %d MiB: split it", arg, maxArticle>>20)
	}
	return article.Open(arg, data, o.as)
}

// read makes drafts of one article, by the rules and by the extractor if there is one.
func (o *readOptions) read(cmd *cobra.Command, s article.Source) (talks.Article, error) {
	if s.Text == "" && s.URL != "" {
		var err error
		if s, err = article.Fetch(cmd.Context(), o.guard, s.URL); err != nil {
			return talks.Article{}, err
		}
	}
	if !s.Whole && s.Title != "" && !strings.Contains(s.Text[:min(len(s.Text), 400)], s.Title) {
		s.Text = s.Title + "\n" + s.Text
	}
	opt := reader.Options{Name: s.Name, Title: s.Title, URL: s.URL, Dateline: o.day}
	if !s.Published.IsZero() {
		opt.Published = reader.DayOf(s.Published)
	}
	a := reader.Read(s.Text, opt)
	if !s.Whole {
		a.Text = s.Text
	}
	if o.extractor == "" {
		return a, nil
	}
	more, err := extract.Service{URL: o.extractor, Model: o.model, Key: os.Getenv("TRUCE_EXTRACTOR_KEY")}.Extract(cmd.Context(), s.Name, s.Text)
	if err != nil {
		a.Refused = append(a.Refused, "the extractor: "+err.Error())
		return a, nil
	}
	for i := range more.Drafts {
		more.Drafts[i].Lang = a.Lang
	}
	a.Drafts = append(a.Drafts, more.Drafts...)
	a.Refused = append(a.Refused, more.Refused...)
	return a, nil
}

func (o *readOptions) print(out io.Writer, list []talks.Article) error {
	switch {
	case o.asJSON:
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if o.wantBrief {
			return enc.Encode(sheet.Brief(list))
		}
		return enc.Encode(map[string]any{"articles": list})
	case o.wantBrief:
		sheet.Brief(list).Write(out)
		return nil
	}
	for i := range list {
		if i > 0 {
			fmt.Fprintln(out)
		}
		sheet.List(out, &list[i])
	}
	return nil
}
