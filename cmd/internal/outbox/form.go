package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctibridge/ctibridge/bridge"
	"github.com/ctibridge/ctibridge/lookup/salesforce"
)

var (
	errNearLimit    = errors.New("the org's API calls of the day are nearly used up")
	errNoCallObject = errors.New("the run-as user cannot read, filter and write the field CallObject of Task")
)

// cureOf says what to do about a problem of the org as a whole.
func cureOf(err error) string {
	switch {
	case errors.Is(err, errNearLimit):
		return "Activities are written when calls are left again. Look in Setup, Company Information, for who uses the calls, or buy more."
	case errors.Is(err, errNoCallObject):
		return "Give the run-as user read and edit access to the activity field “Call Object Identifier” in a permission set: without it no activity can be written just once."
	}
	return salesforce.Cure(err)
}

// form is how the org wants its Tasks.
type form struct {
	bridge.TaskForm
	task           *salesforce.Object
	personAccounts bool
	persons        map[string]string // account → contact, of the batch at hand
}

// describe learns how the org wants its Tasks, once in a while.
func (w *Writer) describe(ctx context.Context) error {
	if w.form != nil && time.Since(w.described) < w.timing.describe {
		return nil
	}
	task, err := w.o.Client.Describe(ctx, "Task")
	if err != nil {
		return err
	}
	f := &form{task: task, persons: make(map[string]string)}
	if key, ok := task.Field("CallObject"); !ok || !key.Filterable || !key.Createable {
		return errNoCallObject
	}
	if err := f.readStatuses(ctx, w.o.Client); err != nil {
		return err
	}
	if err := f.readOrg(ctx, w.o.Client); err != nil {
		return err
	}
	if account, err := w.o.Client.Describe(ctx, "Account"); err == nil {
		f.personAccounts = account.Has("IsPersonAccount") && account.Has("PersonContactId")
	} else if !errors.Is(err, salesforce.ErrNotFound) {
		return err
	}
	f.Relates = f.relates
	f.Person = func(account string) string { return f.persons[account] }
	w.form, w.described = f, time.Now()
	w.mu.Lock()
	w.warnings = f.warnings()
	w.mu.Unlock()
	return nil
}

// readStatuses finds the values of Status that mean done and open.
func (f *form) readStatuses(ctx context.Context, c *salesforce.Client) error {
	open := ""
	for r, err := range c.Query(ctx, "SELECT ApiName, IsClosed, IsDefault FROM TaskStatus ORDER BY SortOrder") {
		if err != nil {
			return err
		}
		switch name := r.String("ApiName"); {
		case r.Bool("IsClosed"):
			if f.Closed == "" {
				f.Closed = name
			}
		case open == "", r.Bool("IsDefault"):
			open = name
		}
	}
	f.Open = open
	return nil
}

// readOrg learns the org's language and time zone. Where the run-as user may not
// see them it is English and the zone of this machine.
func (f *form) readOrg(ctx context.Context, c *salesforce.Client) error {
	f.Zone = time.Local
	for r, err := range c.Query(ctx, "SELECT LanguageLocaleKey, TimeZoneSidKey FROM Organization LIMIT 1") {
		var refused *salesforce.Error
		switch {
		case errors.Is(err, salesforce.ErrInvalidField), errors.Is(err, salesforce.ErrNotFound),
			errors.As(err, &refused) && strings.HasPrefix(refused.Code, "INSUFFICIENT_ACCESS"):
			return nil
		case err != nil:
			return err
		}
		f.German = strings.HasPrefix(r.String("LanguageLocaleKey"), "de")
		if zone, err := time.LoadLocation(r.String("TimeZoneSidKey")); err == nil && r.String("TimeZoneSidKey") != "" {
			f.Zone = zone
		}
	}
	return nil
}

// relates reports whether WhatId takes records of an object.
func (f *form) relates(object string) bool {
	what, ok := f.task.Field("WhatId")
	return ok && (len(what.ReferenceTo) == 0 || slices.Contains(what.ReferenceTo, object))
}

// written are the fields that the bridge fills.
var written = [...]string{
	"Subject", "Status", "ActivityDate", "OwnerId", "WhoId", "WhatId", "TaskSubtype", "CallType", "CallDurationInSeconds", "CallDisposition", "Description",
}

// warnings name fields that the run-as user may not write.
func (f *form) warnings() []string {
	var hidden []string
	for _, name := range written {
		if field, ok := f.task.Field(name); !ok || !field.Createable {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) == 0 {
		return nil
	}
	return []string{fmt.Sprintf(
		"Call activities are written without %s: the run-as user may not write it. Give edit access to these fields of activities in a permission set.",
		strings.Join(hidden, ", "))}
}

// fields are what the entry's Task is to have, as far as the run-as user may
// write it and no longer than the fields are; nil for none. Links that are not
// set are null.
func (f *form) fields(e *bridge.OutboxEntry) map[string]any {
	form := f.TaskForm
	form.Without = e.Without
	fields := e.Activity.Task(form)
	if e.FollowUp {
		fields = e.Activity.FollowUpTask(form)
	}
	for name, value := range fields {
		field, ok := f.task.Field(name)
		text, isText := value.(string)
		switch {
		case !ok || !field.Createable:
			delete(fields, name)
		case isText && field.Length > 0 && field.Type != "reference":
			fields[name] = clip(text, field.Length)
		}
	}
	return fields
}

// clip cuts text to a number of UTF-16 units, as Salesforce counts.
func clip(text string, length int) string {
	n := 0
	for i, r := range text {
		if n++; r > 0xffff {
			n++
		}
		if n > length {
			return text[:i]
		}
	}
	return text
}
