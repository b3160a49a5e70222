//go:build peers

package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/ctibridge/ctibridge/bridge"
)

// panel is the agent's panel in Chromium, and the frames that reached it.
type panel struct {
	ctx context.Context //nolint:containedctx // chromedp's handle of the tab
	// world is a script world of our own, in which the DOM is the browser's and
	// not the one that LWC's synthetic shadow makes of it for its scripts.
	world  runtime.ExecutionContextID
	frames *frames
	known  []bridge.CallID // calls that earlier cases were about
}

// openPanel opens the page and waits until the panel is signed in.
func openPanel(t *testing.T, url string) *panel {
	t.Helper()
	said := &output{}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.CombinedOutput(said),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		}))...)
	t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(alloc)
	p := &panel{ctx: ctx, frames: &frames{changed: make(chan struct{})}}
	t.Cleanup(func() { p.close(t, said) })
	if err := chromedp.Listen(ctx, p.frames.listen); err != nil {
		t.Fatalf("start Chromium: %v (make peers installs it)", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	p.load(t, chromedp.Navigate(url))
	return p
}

// load goes to the page and waits until its panel is signed in.
func (p *panel) load(t *testing.T, step chromedp.Action[chromedp.Void]) {
	t.Helper()
	p.do(t, step)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tree, err := chromedp.Call(ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	world, err := chromedp.Call(ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID})
	if err != nil {
		t.Fatal(err)
	}
	p.world = world.ExecutionContextID
	p.sees(t, "body", "Connected · "+agentExtension)
}

// close ends Chromium and waits for it.
func (p *panel) close(t *testing.T, said *output) {
	if t.Failed() {
		t.Logf("--- frames:\n%s--- Chromium said:\n%s", p.frames, said)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), 10*time.Second)
	defer cancel()
	_ = chromedp.Cancel(ctx)
}

// look resolves with what is to be read in an element, once that holds all the
// wanted texts. It looks whenever the page changes.
const look = `(selector, wanted) => new Promise((resolve) => {
	const look = () => {
		const text = document.querySelector(selector)?.innerText;
		if (text === undefined || !wanted.every((w) => text.includes(w))) {
			return;
		}
		observer.disconnect();
		resolve(text);
	};
	const observer = new MutationObserver(look);
	observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
	look();
})`

// sees waits until the agent can read the texts in an element, and returns all
// that is to be read there.
func (p *panel) sees(t *testing.T, selector string, wanted ...string) (text string) {
	t.Helper()
	if err := p.run(look, &text, selector, wanted); err != nil {
		var body string
		_ = p.run(`() => document.body.innerText`, &body)
		t.Fatalf("%s does not show %q: %v\nThe page reads:\n%s", selector, wanted, err, body)
	}
	return text
}

// run calls a function in the page and decodes what it returns.
func (p *panel) run(function string, out any, args ...any) error {
	list, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{
		Expression: fmt.Sprintf("(%s)(...%s)", function, list), ContextID: p.world,
		AwaitPromise: new(true), ReturnByValue: new(true),
	})
	switch {
	case err != nil:
		return err
	case res.ExceptionDetails != nil:
		return fmt.Errorf("%s: %s", res.ExceptionDetails.Text, res.Result.Description)
	}
	return json.Unmarshal(res.Result.Value, out)
}

// card is the selector of a call's card.
func card(id bridge.CallID) string { return fmt.Sprintf(`li[data-call="%s"]`, id) }

// shows waits until the card of a call reads so.
func (p *panel) shows(t *testing.T, id bridge.CallID, wanted ...string) string {
	t.Helper()
	return p.sees(t, card(id), wanted...)
}

// clicks presses a button with the mouse.
func (p *panel) clicks(t *testing.T, selector string) {
	t.Helper()
	p.do(t, chromedp.Click(chromedp.CSS(selector)))
}

// types writes into a field with the keyboard.
func (p *panel) types(t *testing.T, selector, text string) {
	t.Helper()
	p.do(t, chromedp.SendKeys(chromedp.CSS(selector), text))
}

func (p *panel) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// newCall waits for the frame of a call that no earlier case was about.
func (p *panel) newCall(t *testing.T, state bridge.State) bridge.Call {
	t.Helper()
	c := p.frames.await(t, "a new call, "+string(state), func(c bridge.Call) bool {
		return c.State == state && !slices.Contains(p.known, c.ID)
	})
	p.known = append(p.known, c.ID)
	return c
}

// matched waits for the frame that says who a call is with.
func (p *panel) matched(t *testing.T, id bridge.CallID) bridge.Call {
	t.Helper()
	return p.frames.await(t, fmt.Sprintf("matches of call %s", id), func(c bridge.Call) bool {
		return c.ID == id && len(c.Matches) > 0
	})
}

// becomes waits for the frame that says that a call is in a state.
func (p *panel) becomes(t *testing.T, id bridge.CallID, state bridge.State) bridge.Call {
	t.Helper()
	return p.frames.await(t, fmt.Sprintf("call %s %s", id, state), func(c bridge.Call) bool {
		return c.ID == id && c.State == state
	})
}

// noOther fails if any call was shown that no case was about.
func (p *panel) noOther(t *testing.T) {
	t.Helper()
	for _, c := range p.frames.calls() {
		if !slices.Contains(p.known, c.ID) {
			t.Errorf("a call nobody made was shown: %+v", c)
		}
	}
}

// history is the states of a call in the order of its frames, repetitions left
// out.
func (p *panel) history(id bridge.CallID) string {
	var states []string
	for _, c := range p.frames.calls() {
		if c.ID == id {
			states = append(states, string(c.State))
		}
	}
	return strings.Join(slices.Compact(states), " ")
}

// frames are what the bridge sent to the browser.
type frames struct {
	mu      sync.Mutex
	texts   []string
	changed chan struct{} // closed with the next frame
}

func (f *frames) listen(event any) {
	e, ok := event.(*network.EventWebSocketFrameReceived)
	if !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = append(f.texts, string(e.Response.PayloadData))
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *frames) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.texts, "\n") + "\n"
}

// calls are the contents of all call frames so far.
func (f *frames) calls() []bridge.Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []bridge.Call
	for _, text := range f.texts {
		var m struct {
			Type string      `json:"type"`
			Call bridge.Call `json:"call"`
		}
		if json.Unmarshal([]byte(text), &m) == nil && m.Type == "call" {
			out = append(out, m.Call)
		}
	}
	return out
}

// await returns the first call frame that is as wanted.
func (f *frames) await(t *testing.T, what string, is func(bridge.Call) bool) bridge.Call {
	t.Helper()
	late := time.After(patience)
	for {
		f.mu.Lock()
		changed := f.changed
		f.mu.Unlock()
		if found := f.calls(); slices.ContainsFunc(found, is) {
			return found[slices.IndexFunc(found, is)]
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no frame within %v: %s", patience, what)
		}
	}
}
