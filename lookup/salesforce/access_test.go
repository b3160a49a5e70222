package salesforce_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ctibridge/ctibridge/lookup/salesforce"
	"github.com/ctibridge/ctibridge/lookup/salesforce/salesforcetest"
)

// A refused session is replaced once, whoever hands it back, and no way of
// printing shows the token.
func TestAccess(t *testing.T) {
	t.Parallel()
	org := startOrg(t, salesforcetest.Options{})
	client, err := salesforce.New(salesforce.Config{
		InstanceURL: org.URL(), ClientID: org.ClientID(), ClientSecret: org.ClientSecret(),
		APIURL: strings.Replace(org.URL(), "127.0.0.1", "localhost", 1),
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := client.Access(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if first.OrgID != org.ID() || first.Token() == "" || first.InstanceURL != org.URL() {
		t.Fatalf("%+v", first.Identity)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", first, first, first, first.LogValue()); strings.Contains(text, first.Token()) {
		t.Errorf("the token is printed: %s", text)
	}
	var renewed [4]*salesforce.Access
	var all sync.WaitGroup
	for i := range renewed {
		all.Go(func() { renewed[i], _ = client.Access(t.Context(), first) })
	}
	all.Wait()
	for _, a := range renewed {
		if a == nil || a.Token() == first.Token() || a.Token() != renewed[0].Token() {
			t.Fatalf("renewed to %v", a)
		}
	}
	if n := org.Requests("/oauth2/token"); n != 2 {
		t.Errorf("signed in %d times, want 2", n)
	}
}

// Other endpoints are reached through the proxy of the requests.
func TestDial(t *testing.T) {
	t.Parallel()
	far, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	go func() {
		for {
			conn, err := far.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(conn, "hello")
			conn.Close()
		}
	}()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, word, ok := proxyUser(r); !ok || user != "bridge" || word != "geheim" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		there, err := net.Dial("tcp", r.Host)
		if err != nil {
			t.Error(err)
			return
		}
		defer there.Close()
		first, _ := bufio.NewReader(there).ReadString('\n')
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n\r\n%s", first) // in one piece with the reply
	}))
	t.Cleanup(proxy.Close)
	for _, c := range []struct {
		name    string
		proxy   salesforce.Proxy
		refused string
	}{
		{"without", salesforce.Proxy{}, ""},
		{"through", salesforce.Proxy{URL: proxy.URL, Username: "bridge", Password: "geheim"}, ""},
		{"wrong password", salesforce.Proxy{URL: proxy.URL, Username: "bridge", Password: "falsch"}, "Proxy Authentication Required"},
		{"around", salesforce.Proxy{URL: "http://127.0.0.1:1", Exceptions: []string{"127.0.0.1"}}, ""},
		{"nobody there", salesforce.Proxy{URL: "http://127.0.0.1:1"}, "connect to the proxy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, err := salesforce.New(salesforce.Config{InstanceURL: "https://example.my.salesforce.com", ClientID: "3MVG9key", ClientSecret: "secret-0123", Proxy: c.proxy})
			if err != nil {
				t.Fatal(err)
			}
			conn, err := client.Dial(t.Context(), far.Addr().String())
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) || strings.Contains(err.Error(), c.proxy.Password) && c.proxy.Password != "" {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if text, err := io.ReadAll(conn); string(text) != "hello\n" || err != nil {
				t.Errorf("read %q, %v", text, err)
			}
		})
	}
}

func proxyUser(r *http.Request) (string, string, bool) {
	return (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
}
