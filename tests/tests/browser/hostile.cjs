// Names, tasks and reasons that an agent has written: shown as text, whatever they say, and nothing that they ask for happens.
"use strict";
const { given, must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const ana = await person("ana");
  let dialogs = 0;
  ana.page.on("dialog", (dialog) => {
    dialogs += 1;
    dialog.dismiss();
  });
  await ana.follow(given.keys.ana);
  const findings = [];
  const places = ["/", `/requests/${given.ticket}`, "/feed", "/sessions", "/ledger", "/?all=true", "/health"];
  for (const place of places) {
    await ana.go(place);
    // Long enough for whatever would load or connect.
    await ana.page.waitForTimeout(300);
    findings.push(...(await ana.look(`hostile${place.replace(/\W+/g, "-")}`)));
    const seen = await ana.page.evaluate(() => {
      const own = new Set([...document.querySelectorAll("[hx-nonce]")]);
      const foreign = [...document.querySelectorAll("*")].filter(
        (element) => !own.has(element) && [...element.attributes].some(({ name }) => /^(hx-|on)/.test(name)),
      );
      // eslint-disable-next-line no-control-regex
      const raw = document.documentElement.outerHTML.match(/[\u0000-\u0008\u001b\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
      return { foreign: foreign.length, raw: raw && raw[0].charCodeAt(0), images: document.querySelectorAll("main img").length };
    });
    must(seen.foreign === 0 && seen.raw === null && seen.images === 0, `${place}: ${JSON.stringify(seen)}`);
  }
  await ana.go(`/requests/${given.ticket}`);
  const text = await ana.text();
  for (const shown of ["<img", "hx-get", "\\u{202e}", "\\u{1b}[31m", "\\u{43e}"]) {
    must(text.includes(shown), `\`${shown}\` is shown as it was written: ${text}`);
  }
  const asked = ana.requests.filter((request) => request.includes("pwned") || !request.includes(given.console));
  must(asked.length === 0, `nothing asks for anything: ${asked}`);
  must(dialogs === 0, "no dialog");

  // What got into a page all the same would send nothing.
  await ana.go("/");
  await ana.page.evaluate(() => {
    const element = document.createElement("p");
    element.setAttribute("hx-get", "/pwned");
    element.setAttribute("hx-trigger", "load");
    document.querySelector("main").append(element);
    globalThis.htmx.process(element);
  });
  await ana.page.waitForTimeout(500);
  must(!ana.requests.some((request) => request.includes("pwned")), "an attribute without the page's nonce sends nothing");

  // Ten thousand lines: in pages, the yes and the no beside all of them, nothing left out.
  await ana.go(`/requests/${given.long}`);
  const pages = /Page 1 of (\d+), (\d+) lines/.exec(await ana.text());
  must(pages && Number(pages[2]) > 10_000, await ana.text());
  const times = await ana.page.evaluate(() => performance.getEntriesByType("navigation")[0].responseEnd);
  let lines = 0;
  for (const page of [1, 2, Number(pages[1])]) {
    await ana.go(`/requests/${given.long}?diff=${page}`);
    lines += await ana.page.locator(".diff > div").count();
    must((await ana.page.locator(".decide button").count()) === 2, "the decision stands beside each page");
  }
  must(lines > 800, String(lines));
  await ana.go(`/requests/${given.long}`);
  findings.push(...(await ana.look("long")));
  must(findings.length === 0, findings.join("\n"));
  ana.faults = ana.faults.filter((text) => !text.includes("[hx-csp] blocked <p>"));
  ana.clean();
  await browser.close();
  return { milliseconds: times };
});
