package admin

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/lookup"
)

// nextTimes is how many of the next times a form shows.
const nextTimes = 3

// scheduleView is a schedule, to be said in words.
type scheduleView struct{ lookup.Schedule }

// scheduleTimes are the next ones; those of a part that is off are missing.
type scheduleTimes struct{ Changes, Full []time.Time }

func timesOf(s lookup.Schedule, now time.Time) scheduleTimes {
	changes, full := s.Times(now, nextTimes)
	return scheduleTimes{changes, full}
}

// schedulePreview says what is typed into a schedule.
func (p *panel) schedulePreview(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	s := lookup.Schedule{Interval: q.Get("interval"), Sync: q.Get("sync"), Full: q.Get("full")}
	s = s.Over(lookup.Schedule{Interval: q.Get("baseInterval"), Sync: q.Get("baseSync"), Full: q.Get("baseFull")})
	return p.part(w, r, http.StatusOK, "org_form", "schedule-words", scheduleView{s})
}

// scheduleWords says what a schedule means, one sentence for each part.
func scheduleWords(say sayer, s lookup.Schedule) []string {
	text := func(key string, args ...any) string { return say.pages.text(say.lang, key, args...) }
	faults := s.Validate()
	var words []string
	switch interval := strings.TrimSpace(s.Interval); {
	case faults["interval"] != nil:
		words = append(words, text("schedule.interval.bad"))
	case interval == lookup.Off:
		words = append(words, text("schedule.noInterval"))
	default:
		d, err := time.ParseDuration(interval)
		if err != nil { // empty
			d = lookup.DefaultSyncInterval
		}
		words = append(words, text("schedule.every", span(d)))
	}
	switch {
	case faults["sync"] != nil:
		words = append(words, text("schedule.cron.bad"))
	case s.Sync != "" && s.Sync != lookup.Off:
		words = append(words, text("schedule.also", cronWords(text, s.Sync)))
	}
	switch {
	case faults["full"] != nil:
		words = append(words, text("schedule.cron.bad"))
	case s.Full == lookup.Off:
		words = append(words, text("schedule.noFull"))
	default:
		words = append(words, text("schedule.fullAt", cronWords(text, cmp.Or(s.Full, lookup.DefaultFullSync))))
	}
	return words
}

// span is a duration in units of any language.
func span(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.of; n > 0 {
			parts, d = append(parts, strconv.Itoa(int(n))+" "+unit.name), d%unit.of
		}
	}
	return strings.Join(parts, " ")
}

// cronWords says when a cron expression fires, where its shape is a usual one;
// else it is shown as it is, and its next times beside it.
func cronWords(text func(string, ...any) string, expression string) string {
	expression = strings.TrimSpace(expression)
	switch expression {
	case "@hourly":
		expression = "0 * * * *"
	case "@daily", "@midnight":
		expression = "0 0 * * *"
	case "@weekly":
		expression = "0 0 * * 0"
	case "@monthly":
		expression = "0 0 1 * *"
	}
	f := strings.Fields(expression)
	if len(f) != 5 || f[3] != "*" {
		return text("cron.other", expression)
	}
	minute, everyHour, everyDay := f[0], f[1] == "*", f[2] == "*" && f[4] == "*"
	n, single := atoi(minute)
	step, stepped := strings.CutPrefix(minute, "*/")
	hours, timed := clock(f[1], n)
	switch {
	case stepped && everyHour && everyDay:
		return text("cron.minutes", step)
	case single && everyHour && everyDay:
		return text("cron.hourly", n)
	case !single || !timed:
	case everyDay:
		return text("cron.daily", hours)
	case f[2] == "*":
		if days, ok := weekdays(text, f[4]); ok {
			return text("cron.weekly", days, hours)
		}
	case f[4] == "*":
		if day, ok := atoi(f[2]); ok {
			return text("cron.monthly", day, hours)
		}
	}
	return text("cron.other", expression)
}

func atoi(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// clock writes hours such as "8,12" as times.
func clock(hours string, minute int) (string, bool) {
	var times []string
	for h := range strings.SplitSeq(hours, ",") {
		n, ok := atoi(h)
		if !ok {
			return "", false
		}
		times = append(times, pad(n)+":"+pad(minute))
	}
	return strings.Join(times, ", "), true
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// weekdays names days such as "1-5" or "1,3".
func weekdays(text func(string, ...any) string, list string) (string, bool) {
	names := strings.Fields(text("cron.days"))
	var days []string
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		a, ok := atoi(from)
		b, okTo := atoi(to)
		if !ok || isRange && !okTo || a < 0 || a > 7 || b > 7 {
			return "", false
		}
		day := names[a%7]
		if isRange {
			day += "–" + names[b%7]
		}
		days = append(days, day)
	}
	return strings.Join(days, ", "), true
}
