package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

type createTokenCmd struct {
	Name string `arg:"" help:"What the token is for."`
}

// Run makes a token and prints it.
func (c *createTokenCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	token, err := client.NewToken(ctx, c.Name)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.err, "Keep this token; it is shown this once.")
	_, err = fmt.Fprintln(s.out, token)
	return err
}

type deleteTokenCmd struct {
	Name string `arg:"" help:"Name of the token."`
}

// Run makes a token worthless.
func (c *deleteTokenCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.DeleteToken(ctx, c.Name); err != nil {
		return fmt.Errorf("token %q: %w", c.Name, err)
	}
	_, err = fmt.Fprintf(s.out, "%s is worthless now.\n", c.Name)
	return err
}

type tokensCmd struct{}

// Run lists the tokens.
func (*tokensCmd) Run(ctx context.Context, common *common, s *streams) error {
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	all, err := client.Tokens(ctx)
	for _, t := range all {
		fmt.Fprintf(s.out, "%s\t%s\n", t.Created.Format(time.DateTime), t.Name)
	}
	return err
}

type outboundAddressCmd struct {
	Org string `arg:"" help:"Id or name of the org."`
}

// Run makes an address for the outbound messages of an org and prints it.
func (c *outboundAddressCmd) Run(ctx context.Context, common *common, s *streams) error {
	if c.Org == "" {
		return errors.New("name the org")
	}
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	path, err := client.NewOutboundAddress(ctx, c.Org)
	if err != nil {
		return err
	}
	set, err := common.settings(s)
	if err != nil {
		return err
	}
	base := set.PublicURL
	if base == "" {
		base = "https://…" // the bridge does not know what the org calls it
	}
	fmt.Fprintln(s.err, "Enter this address as the endpoint of the outbound message; it is shown this once.\n"+
		"The address made before stays good until the next one is made.")
	_, err = fmt.Fprintln(s.out, base+path)
	return err
}
