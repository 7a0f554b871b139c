package page_test

import (
	"context"
	"os"
	"time"

	"github.com/chromedp/chromedp"
)

// sound is what is wrong with a page for who does not see it, or has no mouse: an
// automatic judge would find no more of the kind.
const sound = `(() => {
  const wrong = [];
  const say = (what, e) => wrong.push(what + ": " + e.outerHTML.slice(0, 120));
  const name = (e) => (e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join("")
    || (e.labels && [...e.labels].map((l) => l.textContent).join("")) || e.textContent || "").trim();
  for (const e of document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), progress, svg[role=img], section[aria-labelledby], nav"))
    if (!name(e)) say("it has no name", e);
  for (const e of document.querySelectorAll("svg")) if (e.getAttribute("aria-hidden") !== "true" && e.getAttribute("role") !== "img") say("a picture is neither hidden nor named", e);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  ids.forEach((id, i) => { if (ids.indexOf(id) !== i) wrong.push("an id is there twice: " + id); });
  for (const e of document.querySelectorAll("[for], [aria-describedby], [aria-labelledby]"))
    for (const a of ["for", "aria-describedby", "aria-labelledby"])
      for (const id of (e.getAttribute(a) || "").split(" ").filter(Boolean)) if (!ids.includes(id)) say("there is no " + id, e);
  if (document.querySelectorAll("main").length !== 1) wrong.push("there is not one main");
  if (document.querySelectorAll("h1").length !== 1) wrong.push("there is not one h1");
  let before = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
    const level = Number(e.tagName[1]);
    if (level > before + 1) say("a heading has none above it", e);
    before = level;
  }
  for (const e of document.querySelectorAll("table")) if (!e.querySelector("thead th[scope=col]") || e.querySelector("tbody tr:not(:has(th[scope=row]))")) say("a table lacks heads", e);
  for (const e of document.querySelectorAll("th")) if (!e.textContent.trim()) say("a head is empty", e);
  if (!document.documentElement.lang || !document.title) wrong.push("the language or the title is missing");
  for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) say("it jumps the queue", e);
  for (const e of document.querySelectorAll("[style], style, script:not([src])")) say("style or script in the page", e);
  return wrong.join("\n");
})()`

// looks fails unless everybody can use the page, however narrow, and keeps pictures of it.
func (b *browser) looks(name string) {
	b.t.Helper()
	if wrong := evaluate[string](b, sound); wrong != "" {
		b.t.Errorf("%s:\n%s", name, wrong)
	}
	b.axe(name)
	for _, width := range []int64{320, 1920} {
		b.wide(width)
		if over := b.overflows(); over != "" {
			b.t.Errorf("%s does not fit into %d pixels:\n%s", name, width, over)
		}
	}
	b.wide(usual)
	b.shoot(name)
}

// axe has axe-core judge the page, in light and in dark, where PAGE_AXE names its axe.min.js.
func (b *browser) axe(name string) {
	b.t.Helper()
	file := os.Getenv("PAGE_AXE")
	if file == "" {
		return
	}
	source, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, colours := range []string{"light", "dark"} {
		b.do(scheme(colours))
		evaluate[bool](b, string(source)+"; true")
		found := within(b, "axe", func(ctx context.Context) (string, error) {
			return chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run().then((r) => r.violations.map((v) => v.impact + " " + v.id + ": " + v.help + "\n" + v.nodes.map((n) => "  " + n.html.slice(0, 160) + " " + n.failureSummary).join("\n")).join("\n"))`, chromedp.EvalAwaitPromise))
		})
		if found != "" {
			b.t.Errorf("axe says of %s, %s:\n%s", name, colours, found)
		}
	}
	b.do(scheme(""))
}

// overflows gives what still reaches out of the page when that has had the time to be laid
// out: the width of the window is another process's, and comes when it comes.
func (b *browser) overflows() (over string) {
	b.t.Helper()
	for end := time.Now().Add(settled); ; time.Sleep(50 * time.Millisecond) {
		if over = evaluate[string](b, overflowing); over == "" || time.Now().After(end) {
			return over
		}
	}
}

// settled is how long a page that does not fit is given to be laid out.
const settled = 10 * time.Second

// overflowing is what reaches out of a page that is too narrow for it.
const overflowing = `document.documentElement.scrollWidth <= innerWidth ? "" :
  document.documentElement.scrollWidth + " pixels in " + innerWidth + "\n" + [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 100)).slice(0, 5).join("\n")`
