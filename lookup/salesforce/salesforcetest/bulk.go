package salesforcetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// bulkPage is how many records a page of results has if nobody asks for fewer.
	bulkPage = 250_000
	// bulkJobs bounds the jobs that are kept; the oldest goes first.
	bulkJobs = 50
)

// States of a job.
const (
	jobUploaded  = "UploadComplete"
	jobRunning   = "InProgress"
	jobComplete  = "JobComplete"
	jobFailed    = "Failed"
	jobAborted   = "Aborted"
	bulkDisabled = "FUNCTIONALITY_NOT_ENABLED"
)

// bulkJob is a query job of Bulk API 2.0.
type bulkJob struct {
	id, operation, query, version string
	state, failure                string
	created                       time.Time
	waits                         int // polls until it is complete
	plan                          *plan
	rows                          []*row
}

// bulk is the org's jobs and how they go.
type bulk struct {
	jobs     []*bulkJob // oldest first
	waits    int        // polls that a new job takes
	failure  string     // of new jobs; empty for none
	lost     bool       // locators are no longer known
	page     int        // longest page, bulkPage if 0
	disabled bool
}

// SetBulk switches Bulk API 2.0 off, as in editions without it, or on again.
func (o *Org) SetBulk(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk.disabled = !on
}

// SlowJobs makes each new job take so many polls until it is complete.
func (o *Org) SlowJobs(polls int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk.waits = polls
}

// FailJobs makes each new job fail with that message; empty lets them succeed.
func (o *Org) FailJobs(message string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk.failure = message
}

// LoseLocators makes the pages behind the first unknown, until it is given false.
func (o *Org) LoseLocators(lost bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk.lost = lost
}

// ExpireJobs forgets all jobs, as Salesforce does after seven days.
func (o *Org) ExpireJobs() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk.jobs = nil
}

// SetBulkPage changes the longest page of results.
func (o *Org) SetBulkPage(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk.page = max(n, 1)
}

// Jobs is how many query jobs the org holds.
func (o *Org) Jobs() int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return len(o.bulk.jobs)
}

// bulkRoutes are the resources of Bulk API 2.0 queries.
func (o *Org) bulkRoutes(api func(pattern string, h func(http.ResponseWriter, *http.Request) error)) {
	const jobs = versionPart + "/jobs/query"
	api("POST "+jobs, o.serveJobCreate)
	api("GET "+jobs, o.serveJobs)
	api("GET "+jobs+"/{job}", o.withJob(o.serveJob))
	api("PATCH "+jobs+"/{job}", o.withJob(o.serveJobAbort))
	api("DELETE "+jobs+"/{job}", o.withJob(o.serveJobDelete))
	api("GET "+jobs+"/{job}/results", o.withJob(o.serveResults))
}

// withJob finds the job that a request is about.
func (o *Org) withJob(h func(http.ResponseWriter, *http.Request, *bulkJob) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		j, ok := o.job(r.PathValue("job"))
		if !ok {
			return apiError(404, "NOT_FOUND", "The requested resource does not exist")
		}
		return h(w, r, j)
	}
}

func (o *Org) job(id string) (*bulkJob, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, j := range o.bulk.jobs {
		if j.id == id {
			return j, true
		}
	}
	return nil, false
}

func (o *Org) serveJobCreate(w http.ResponseWriter, r *http.Request) error {
	var request struct{ Operation, Query, ContentType, ColumnDelimiter, LineEnding string }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return apiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not valid JSON")
	}
	if request.Operation != "query" && request.Operation != "queryAll" {
		return apiError(400, "INVALIDJOB", "Unsupported operation "+request.Operation)
	}
	q, err := parse(request.Query)
	if err != nil {
		return err
	}
	if q.count || q.offset > 0 {
		return apiError(400, "API_ERROR", "Aggregate queries and OFFSET are not supported by the Bulk API")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bulk.disabled {
		return apiError(400, bulkDisabled, "Bulk API is not enabled for this organization or user")
	}
	p, err := o.compile(q)
	if err != nil {
		return err
	}
	o.serial++
	j := &bulkJob{
		id: fmt.Sprintf("7507Q%013d", o.serial), operation: request.Operation, query: request.Query, version: r.PathValue("version"),
		state: jobUploaded, failure: o.bulk.failure, waits: o.bulk.waits, created: o.options.Now(), plan: p,
		rows: p.run(request.Operation == "queryAll"),
	}
	if o.bulk.jobs = append(o.bulk.jobs, j); len(o.bulk.jobs) > bulkJobs {
		o.bulk.jobs = o.bulk.jobs[1:]
	}
	writeJSON(w, 200, j.info())
	return nil
}

// info is a job as the API shows it; the caller holds the org's lock.
func (j *bulkJob) info() map[string]any {
	m := map[string]any{
		"id": j.id, "operation": j.operation, "object": j.plan.table.name, "createdDate": strings.TrimSuffix(j.created.UTC().Format(timeLayout), "Z") + "+0000",
		"state": j.state, "concurrencyMode": "Parallel", "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA",
		"jobType": "V2Query", "retries": 0, "totalProcessingTime": 0, "numberRecordsProcessed": 0,
	}
	if v, err := strconv.ParseFloat(strings.TrimPrefix(j.version, "v"), 64); err == nil {
		m["apiVersion"] = v
	}
	switch j.state {
	case jobComplete:
		m["numberRecordsProcessed"] = len(j.rows)
	case jobFailed:
		m["errorMessage"] = j.failure
	}
	return m
}

func (o *Org) serveJobs(w http.ResponseWriter, _ *http.Request) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	list := []any{}
	for _, j := range o.bulk.jobs {
		list = append(list, j.info())
	}
	writeJSON(w, 200, map[string]any{"done": true, "records": list, "nextRecordsUrl": nil})
	return nil
}

// serveJob moves the job on: a poll is what its time is counted by.
func (o *Org) serveJob(w http.ResponseWriter, _ *http.Request, j *bulkJob) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if j.state == jobUploaded || j.state == jobRunning {
		j.waits--
		switch {
		case j.waits >= 0:
			j.state = jobRunning
		case j.failure != "":
			j.state = jobFailed
		default:
			j.state = jobComplete
		}
	}
	writeJSON(w, 200, j.info())
	return nil
}

func (o *Org) serveJobAbort(w http.ResponseWriter, r *http.Request, j *bulkJob) error {
	var request struct{ State string }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil || request.State != jobAborted {
		return apiError(400, "INVALIDJOB", "The only state to change to is Aborted")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if j.state == jobComplete || j.state == jobFailed {
		return apiError(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
	}
	j.state = jobAborted
	writeJSON(w, 200, j.info())
	return nil
}

func (o *Org) serveJobDelete(w http.ResponseWriter, _ *http.Request, j *bulkJob) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if j.state == jobUploaded || j.state == jobRunning {
		return apiError(400, "API_ERROR", "Job must be in a terminal state to be deleted")
	}
	for i := range o.bulk.jobs {
		if o.bulk.jobs[i] == j {
			o.bulk.jobs = append(o.bulk.jobs[:i:i], o.bulk.jobs[i+1:]...)
			break
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// pageOf is which records of a job a request wants.
func (o *Org) pageOf(r *http.Request, j *bulkJob) (first, last int, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	q := r.URL.Query()
	if j.state != jobComplete {
		return 0, 0, apiError(400, "INVALIDJOBSTATE", "Results are available only for jobs that are complete")
	}
	if r.PathValue("version") != j.version {
		return 0, 0, apiError(409, "API_ERROR", "The API version of the request must be that of the job, "+j.version)
	}
	if locator := q.Get("locator"); locator != "" {
		text, err := base64.RawURLEncoding.DecodeString(locator)
		if err == nil {
			first, err = strconv.Atoi(string(text))
		}
		if err != nil || first <= 0 || first >= len(j.rows) || o.bulk.lost {
			return 0, 0, apiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
		}
	}
	size := bulkPage
	if o.bulk.page > 0 {
		size = o.bulk.page
	}
	if n, err := strconv.Atoi(q.Get("maxRecords")); err == nil && n > 0 {
		size = min(size, n)
	}
	return first, min(first+size, len(j.rows)), nil
}
