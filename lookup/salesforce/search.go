package salesforce

import (
	"context"
	"net/url"
)

// Search is what a SOSL statement finds, at most 2,000 records, with the fields
// of its RETURNING clause. It is asked once: who searches is waiting. The index
// behind it lags some minutes behind the records.
func (c *Client) Search(ctx context.Context, sosl string) ([]Record, error) {
	var reply struct {
		Records []Record `json:"searchRecords"`
	}
	err := c.getOnce(ctx, "search", c.apiPath("/search?q="+url.QueryEscape(sosl)), &reply)
	return reply.Records, err
}
