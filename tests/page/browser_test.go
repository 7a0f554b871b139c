package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the browser; tests/install puts it there.
const chromium = "/usr/bin/chromium-headless-shell"

// patience turns a hang into a failure; nothing is measured by it.
const patience = 60 * time.Second

// browser is one, with a page open.
type browser struct {
	t    *testing.T
	root string // of the page
	ctx  context.Context
}

// openBrowser starts a browser that reaches this machine alone. What it finds wrong with a
// page fails the test: what the policy keeps out, a script that breaks, a dialog that
// opens.
func openBrowser(t *testing.T, root string) *browser {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		t.Fatalf("%v; run tests/install", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.WindowSize(1280, 900))
	allocated, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocated)
	t.Cleanup(func() { closeBrowser(); release() })
	b := &browser{t: t, root: root, ctx: ctx}
	complaints := func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if text := e.Entry.Text; !strings.Contains(text, "the server responded with a status of") {
				b.t.Errorf("the browser says: %s %s", text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			b.t.Errorf("a script broke: %s", e.ExceptionDetails.Text)
		case *page.EventJavascriptDialogOpening:
			b.t.Errorf("a dialog opened: %s", e.Message)
		}
	}
	if err := chromedp.Listen(ctx, complaints); err != nil {
		t.Fatal(err)
	}
	b.wide(usual)
	return b
}

// do does all of it, or fails.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	within(b, "", func(ctx context.Context) (chromedp.Void, error) { return chromedp.Void{}, chromedp.Do(ctx, steps...) })
}

// within does something in the browser, or fails with what the page shows.
func within[T any](b *browser, what string, do func(context.Context) (T, error)) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	got, err := do(ctx)
	for overtaken(err) {
		got, err = do(ctx)
	}
	if err != nil {
		shown, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v; the page shows:\n%s", what, err, shown)
	}
	return got
}

// overtaken reports whether what was to be looked at or clicked was replaced under the
// hand, by a page that has updated itself or by the next one: the browser then knows the
// node or the script's context no more, and nothing has been clicked.
func overtaken(err error) bool {
	var refused *cdproto.Error
	return errors.As(err, &refused) && refused.Code == -32000
}

// visit opens one of the page's addresses.
func (b *browser) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.root + path))
}

// named finds what a person would find by its words.
func named(words string) string {
	return `//*[self::button or self::a or self::summary][normalize-space(.)="` + words + `" or @aria-label="` + words + `"]`
}

// press clicks what has these words.
func (b *browser) press(words string) {
	b.t.Helper()
	b.do(chromedp.Click(named(words), chromedp.NodeVisible))
}

// follow is press where another page comes.
func (b *browser) follow(words string) {
	b.t.Helper()
	within(b, "following "+words, func(ctx context.Context) (any, error) {
		return chromedp.RunResponse(ctx, chromedp.Click(named(words), chromedp.NodeVisible))
	})
}

// fill writes into the field that has a label.
func (b *browser) fill(label, text string) {
	b.t.Helper()
	b.do(chromedp.SetValue(`//*[self::input or self::textarea][@id=//label[normalize-space(.)="`+label+`"]/@for]`, text))
}

// shown is what can be read on the page.
func (b *browser) shown() string {
	b.t.Helper()
	return evaluate[string](b, "document.body.innerText")
}

// evaluate is what a script would find in the page.
func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	return within(b, script, func(ctx context.Context) (T, error) { return chromedp.Run(ctx, chromedp.Evaluate[T](script)) })
}

// sees fails unless all of it can be read on the page.
func (b *browser) sees(texts ...string) {
	b.t.Helper()
	shown := b.shown()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Fatalf("the page does not show %q; it shows:\n%s", text, shown)
		}
	}
}

// awaits waits until the page shows a text, without being loaded again: it updates itself,
// and does so at once when somebody comes back to it. Each look is a question of its own to
// the page that is there by then: chromedp's Poll asks in the script context that it was
// last told of, which just behind a navigation can be that of the page before.
func (b *browser) awaits(text string) {
	b.t.Helper()
	quoted, _ := json.Marshal(text)
	look := chromedp.Evaluate[bool]("document.body.innerText.includes(" + string(quoted) + ") || !document.dispatchEvent(new Event('visibilitychange'))")
	within(b, "awaiting "+text, func(ctx context.Context) (any, error) {
		for {
			if there, err := chromedp.Run(ctx, look); err != nil || there {
				return nil, err
			}
			if _, err := chromedp.Run(ctx, chromedp.Sleep(200*time.Millisecond)); err != nil {
				return nil, err
			}
		}
	})
}

// shoot keeps a picture of the page where PAGE_SCREENSHOTS names a folder, in light
// and in dark, wide and narrow.
func (b *browser) shoot(name string) {
	b.t.Helper()
	folder := os.Getenv("PAGE_SCREENSHOTS")
	if folder == "" {
		return
	}
	for _, look := range []struct {
		name          string
		width, height int64
		scheme        string
	}{{"light", 1280, 900, "light"}, {"dark", 1280, 900, "dark"}, {"narrow", 360, 800, "light"}, {"narrow-dark", 320, 800, "dark"}} {
		b.do(chromedp.EmulateViewport(look.width, look.height), scheme(look.scheme))
		picture := within(b, "a picture", func(ctx context.Context) ([]byte, error) { return chromedp.Run(ctx, chromedp.FullScreenshot(100)) })
		if err := os.WriteFile(filepath.Join(folder, name+"-"+look.name+".png"), picture, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	b.do(scheme(""))
	b.wide(usual)
}

// usual is how many pixels wide a page is.
const usual = 1280

// wide has the browser be so many pixels wide, and waits until the page lies so: a click
// that is aimed before would miss.
func (b *browser) wide(pixels int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(pixels, 900))
	within(b, "a layout", func(ctx context.Context) (bool, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[bool]("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))", chromedp.EvalAwaitPromise))
	})
}

// scheme has the browser like light or dark; empty is as it is.
func scheme(of string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: of}}})
		return err
	})
}
