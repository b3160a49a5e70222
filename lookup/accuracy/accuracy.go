// Package accuracy measures how often a caller is told right: on a generated
// world of customers whose numbers are typed as people type them, called as
// switches send them, beside four rules that others use.
//
//	Generate(seed) ─► World: records with dirty fields, Calls with what is true
//	World ─► Ours, EqualDigits, LastDigits, Libphonenumber ─► Score ─► Table
//
// `make accuracy` prints the tables; its test keeps the figures. The world is
// German-heavy, with the nine countries beside it, and knows for every call
// who it is, so each miss can be read. No number in it is made by the code that
// reads it: world.go and writing.go know nothing of package lookup's rules.
package accuracy

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Call is one line that a switch sends, and the truth about it.
type Call struct {
	Trunk    string // a key of Trunks
	Sent     string
	Category string
	// Exact are ids of the records that bear the number, Company those that
	// stand for the company whose direct dial it is. Without either nobody may match.
	Exact, Company []string
}

// Answer is what a rule says about a call: ids, best first.
type Answer struct {
	IDs     []string
	Company bool // by the company's main number, not by the very number
}

// Rule tells whose number a call is.
type Rule interface {
	Name() string
	Answer(c *Call) Answer
}

// Score counts the answers of one rule to the calls of one category.
type Score struct {
	Calls, Known   int // Known: somebody should match
	Right          int
	Wrong, Missing int // a wrong record first; nobody where somebody should be
	Strangers      int // of Wrong: somebody where nobody should be
}

// Precision is the share of right ones among the calls that matched.
func (s Score) Precision() float64 { return share(s.Right, s.Right+s.Wrong) }

// Recall is the share of right ones among the calls that should match.
func (s Score) Recall() float64 { return share(s.Right, s.Known) }

// WrongPops is the share of all calls that show the wrong record first.
func (s Score) WrongPops() float64 { return share(s.Wrong, s.Calls) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func (s *Score) add(o Score) {
	s.Calls, s.Known, s.Right, s.Wrong, s.Missing = s.Calls+o.Calls, s.Known+o.Known, s.Right+o.Right, s.Wrong+o.Wrong, s.Missing+o.Missing
	s.Strangers += o.Strangers
}

// judge scores one answer. The first record counts: it is what the agent sees.
func judge(c *Call, a Answer) Score {
	s := Score{Calls: 1}
	truth := c.Exact
	if len(truth) == 0 {
		truth = c.Company
	}
	if len(truth) > 0 {
		s.Known = 1
	}
	switch {
	case len(a.IDs) == 0 && len(truth) > 0:
		s.Missing = 1
	case len(a.IDs) == 0:
	case len(truth) == 0:
		s.Wrong, s.Strangers = 1, 1
	case slices.Contains(truth, a.IDs[0]) && a.Company == (len(c.Exact) == 0):
		s.Right = 1
	default:
		s.Wrong = 1
	}
	return s
}

// Report is the scores of one rule by category.
type Report struct {
	Rule       string
	Total      Score
	ByCategory map[string]Score
	// Misses are up to 50 calls answered wrong or not at all, to be read by hand.
	Misses []string
}

// Run asks a rule about every call.
func Run(r Rule, calls []Call) Report {
	report := Report{Rule: r.Name(), ByCategory: map[string]Score{}}
	for i := range calls {
		c := &calls[i]
		answer := r.Answer(c)
		score := judge(c, answer)
		sum := report.ByCategory[c.Category]
		sum.add(score)
		report.ByCategory[c.Category] = sum
		report.Total.add(score)
		if score.Wrong+score.Missing > 0 && len(report.Misses) < 50 {
			report.Misses = append(report.Misses, fmt.Sprintf("%s: %q on %s: got %v company=%v, want exact %v company %v",
				c.Category, c.Sent, c.Trunk, answer.IDs, answer.Company, c.Exact, c.Company))
		}
	}
	return report
}

// Table prints the rules side by side, then the first one by category.
func Table(w io.Writer, reports []Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "rule\tcalls\tprecision\trecall\twrong pops\t")
	for _, r := range reports {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t\n", r.Rule, r.Total.Calls, percent(r.Total.Precision()), percent(r.Total.Recall()), percent(r.Total.WrongPops()))
	}
	fmt.Fprintln(t, "\t\t\t\t\t")
	fmt.Fprintln(t, "recall | wrong pops by category\tcalls\t"+names(reports)+"\t")
	categories := make([]string, 0, len(reports[0].ByCategory))
	for c := range reports[0].ByCategory {
		categories = append(categories, c)
	}
	slices.Sort(categories)
	for _, c := range categories {
		fmt.Fprintf(t, "%s\t%d\t", c, reports[0].ByCategory[c].Calls)
		for _, r := range reports {
			s := r.ByCategory[c]
			recall := "–"
			if s.Known > 0 {
				recall = percent(s.Recall())
			}
			fmt.Fprintf(t, "%s | %s\t", recall, percent(s.WrongPops()))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func names(reports []Report) string {
	list := make([]string, len(reports))
	for i := range reports {
		list[i] = reports[i].Rule
	}
	return strings.Join(list, "\t")
}

func percent(f float64) string { return fmt.Sprintf("%.2f %%", 100*f) }
