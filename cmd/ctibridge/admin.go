package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/ctibridge/ctibridge/cmd/internal/daemon"
	"github.com/ctibridge/ctibridge/web/admin"
)

type adminCmd struct {
	CreateUser    createUserCmd    `cmd:"" name:"create-user" help:"Add an account of the panel."`
	ResetPassword resetPasswordCmd `cmd:"" name:"reset-password" help:"Give an account a new password."`

	CreateToken     createTokenCmd     `cmd:"" name:"create-token" help:"Make a token of the API, for programs."`
	DeleteToken     deleteTokenCmd     `cmd:"" name:"delete-token" help:"Make a token worthless."`
	Tokens          tokensCmd          `cmd:"" name:"tokens" help:"List the tokens of the API."`
	OutboundAddress outboundAddressCmd `cmd:"" name:"outbound-address" help:"Make the address that an org posts its outbound messages to."`
}

type createUserCmd struct {
	Name string `arg:"" help:"Name to sign in with."`
}

// Run asks for a password and adds the account.
func (c *createUserCmd) Run(ctx context.Context, common *common, s *streams) error {
	return saveAdministrator(ctx, common, s, c.Name, true)
}

type resetPasswordCmd struct {
	Name string `arg:"" help:"Name of the account."`
}

// Run asks for a password and stores it.
func (c *resetPasswordCmd) Run(ctx context.Context, common *common, s *streams) error {
	return saveAdministrator(ctx, common, s, c.Name, false)
}

func saveAdministrator(ctx context.Context, common *common, s *streams, name string, create bool) error {
	password, err := askPassword(s)
	if err != nil {
		return err
	}
	if err := admin.CheckNewPassword(name, password); err != nil {
		return err
	}
	hash, err := admin.HashPassword(password)
	if err != nil {
		return err
	}
	client, err := common.connect(ctx, s)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.SaveAdministrator(ctx, daemon.AdministratorRequest{Name: name, PasswordHash: hash, Create: create}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s can sign in to the panel.\n", name)
	return err
}

// askPassword asks twice at a terminal, and reads one line from a pipe.
func askPassword(s *streams) (string, error) {
	f, ok := s.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(s.in).ReadString('\n')
		if err != nil && line == "" {
			return "", errors.New("no password on standard input")
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	first, err := askHidden(s, f, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := askHidden(s, f, "Again: ")
	if err == nil && first != second {
		err = errors.New("the two passwords differ")
	}
	return first, err
}

func askHidden(s *streams, f *os.File, prompt string) (string, error) {
	fmt.Fprint(s.err, prompt)
	text, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(s.err)
	return string(text), err
}
