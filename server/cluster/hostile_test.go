package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
)

// What a worker's credentials do not allow is refused by the broker.
func TestWorkersMayDoLittle(t *testing.T) {
	g := newRig(t)
	refusals := make(chan error, 100)
	conn, err := nats.Connect(g.broker.URL(), nats.UserInfo(workerUser, "password"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refusals <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, subject := range []string{itemSubject + "x", "$JS.API.STREAM.DELETE." + itemStream, "$JS.API.STREAM.PURGE." + resultStream, "$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.MSG.GET." + itemStream,
		"$JS.API.STREAM.MSG.GET." + resultStream, "$O." + inputBucket + ".M.x", "$JS.API.CONSUMER.CREATE." + resultStream + ".x", stateTopic, "$SYS.REQ.SERVER.PING"} {
		if err := conn.Publish(subject, nil); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, conn, refusals, subject)
	}
	for _, subject := range []string{">", eventTopic + ">", resultTopic + ">", "$JS.API.>", hereTopic} {
		if _, err := conn.Subscribe(subject, func(*nats.Msg) {}); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, conn, refusals, subject)
	}
	for _, password := range []string{"", "Password", "own password"} {
		if c, err := nats.Connect(g.broker.URL(), nats.UserInfo(workerUser, password)); err == nil {
			c.Close()
			t.Errorf("password %q lets in", password)
		}
	}
}

// What strangers publish is refused, whatever it holds, and the items are made all the same.
func TestHostileMessages(t *testing.T) {
	g := newRig(t)
	conn, js, err := connect(g.options(), "stranger")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	items := itemsOf(6)
	outputs, err := js.ObjectStore(t.Context(), resultBucket)
	if err != nil {
		t.Fatal(err)
	}
	noTar := strings.Repeat("ab", 32)
	if _, err := outputs.PutBytes(t.Context(), resultName(items[3].ID())+noTar, []byte("no tar")); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(other, []byte("work of another item"), 0o644); err != nil {
		t.Fatal(err)
	}
	wrong, err := put(t.Context(), outputs, resultName(items[4].ID()), other, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{
		"{", `{"object":"../../etc"}`, fmt.Sprintf(`{"object":%q}`, strings.Repeat("cd", 32)), fmt.Sprintf(`{"object":%q}`, noTar),
		fmt.Sprintf(`{"worker":%q,"object":%q}`, strings.Repeat("x", 1000)+"\x1b", wrong), strings.Repeat(" ", 100_000),
	} {
		if _, err := js.Publish(t.Context(), resultTopic+items[i].ID(), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := js.Publish(t.Context(), resultTopic+items[0].ID()+"x", make([]byte, mostMessage+1)); err == nil {
		t.Error("a message beyond the bound is kept")
	}
	var failed []Failure
	var making sync.WaitGroup
	making.Go(func() { failed = g.makeAll(items) })
	for _, m := range []struct{ subject, text string }{
		{hereTopic, "{"}, {hereTopic, `{"worker":"x","item":"no such"}`}, {eventTopic + "x", "?"}, {eventTopic + items[0].ID(), "\xff\xff"}, {failTopic + "x", `{"why":"x"}`}, {failTopic + items[0].ID(), "["},
	} {
		if err := conn.Publish(m.subject, []byte(m.text)); err != nil {
			t.Fatal(err)
		}
	}
	g.start("honest", copies)
	making.Wait()
	if len(failed) > 0 || len(g.lost) != len(items) {
		t.Errorf("%v failed; %d results refused, want %d: %q", failed, len(g.lost), len(items), g.lost)
	}
	for i := range items {
		if g.made[i] != "honest" {
			t.Errorf("item %d is made by %q", i, g.made[i])
		}
	}
	g.check(items, nil)
}

// A worker refuses items that are others than their name says, and inputs that are no hashes.
func TestHostileItems(t *testing.T) {
	g := newRig(t)
	text, _ := json.Marshal(Item{Name: "x", Inputs: map[string]string{"in": "../../etc"}})
	for _, subject := range []string{strings.Repeat("a", 64), "short"} {
		if _, err := g.c.js.Publish(t.Context(), itemSubject+subject, text); err != nil {
			t.Fatal(err)
		}
	}
	g.start("a", copies)
	bad := Item{Name: "bad input", Work: []byte("work 1"), Inputs: map[string]string{"in": "../../etc"}}
	items := append(itemsOf(1), bad)
	if failed := g.makeAll(items); len(failed) != 1 || failed[0].Item != 1 || !strings.Contains(failed[0].Why, `"../../etc" is no hash`) {
		t.Errorf("%+v", failed)
	}
	g.check(items[:1], nil)
}
