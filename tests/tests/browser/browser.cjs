// A real Chromium with a virtual authenticator for each person, and what it saw: broken policies, requests that nobody meant.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { execFileSync, spawn } = require("node:child_process");
const { chromium } = require("playwright-core");

const given = JSON.parse(process.argv[2]);
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

function must(holds, what) {
  if (!holds) throw new Error(what);
}

// `interlock …`, as a person at a terminal.
function interlock(...words) {
  try {
    return execFileSync(given.interlock, words, { encoding: "utf8", env: { ...process.env, INTERLOCK_HOME: given.home } });
  } catch (error) {
    if (error.status === 11) return error.stdout;
    throw new Error(`interlock ${words.join(" ")}: ${error.stdout}${error.stderr}`);
  }
}

class Person {
  constructor(name, context, page) {
    Object.assign(this, { name, context, page, violations: [], requests: [], faults: [] });
    page.on("console", (message) => {
      const text = message.text();
      if (/Content.Security.Policy|Trusted ?Type/i.test(text)) this.violations.push(text);
      else if (message.type() === "error") this.faults.push(text);
    });
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("request", (request) => this.requests.push(`${request.method()} ${request.url()}`));
  }

  async authenticator(options = {}) {
    this.cdp = await this.context.newCDPSession(this.page);
    await this.cdp.send("WebAuthn.enable");
    const { authenticatorId } = await this.cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        ...options,
      },
    });
    this.authenticatorId = authenticatorId;
  }

  // What the authenticator holds, for another browser of the same person.
  async credentials() {
    const { credentials } = await this.cdp.send("WebAuthn.getCredentials", { authenticatorId: this.authenticatorId });
    return credentials;
  }

  async hold(credentials) {
    for (const credential of credentials) {
      await this.cdp.send("WebAuthn.addCredential", { authenticatorId: this.authenticatorId, credential });
    }
  }

  go(place) {
    return this.page.goto(given.console + place, { waitUntil: "load" });
  }

  text() {
    return this.page.locator("main").innerText();
  }

  // Makes a passkey; its fingerprint.
  async makePasskey() {
    await this.go("/enrol");
    await this.page.fill("#person", this.name);
    await this.page.getByRole("button", { name: "Go on" }).click();
    await this.page.getByRole("button", { name: "Make the passkey" }).click();
    await this.page.getByRole("heading", { name: "One step left" }).waitFor();
    return this.page.locator(".fingerprint").innerText();
  }

  async signIn(place = "/") {
    await this.go(place);
    await this.page.getByRole("button", { name: "Sign in with your passkey" }).click();
    await this.page.getByRole("button", { name: "Sign out" }).waitFor();
  }

  // Comes in with an OpenSSH key, by a link.
  async follow(key) {
    await this.page.goto(interlock("console", "--key", key).trim());
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.getByRole("button", { name: "Sign out" }).waitFor();
  }

  async decide(ticket, decision, reason, typed) {
    await this.go(`/requests/${ticket}`);
    await this.page.fill("#reason", reason);
    if (typed !== undefined) await this.page.fill("#typed", typed);
    await this.page.getByRole("button", { name: decision === "approve" ? "Approve…" : "Deny…" }).click();
    await this.page.getByRole("button", { name: "Sign with your passkey" }).click();
    await this.page.waitForURL(`**/requests/${ticket}`);
  }

  // Serious findings of axe on the page as it stands, in both colour schemes; and a picture of each.
  async look(name) {
    const found = [];
    for (const scheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      if (given.pictures) {
        const file = path.join(given.pictures, `${name}-${scheme}.png`);
        await this.page.screenshot({ path: file, fullPage: true });
      }
      await this.page.evaluate(axe);
      const { violations } = await this.page.evaluate(() => globalThis.axe.run(document));
      const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
      found.push(...serious.map(({ id, nodes }) => `${name} (${scheme}): ${id}: ${nodes[0].html} ${nodes[0].failureSummary}`));
    }
    await this.page.emulateMedia({ colorScheme: null });
    return found;
  }

  // Nothing broke the policy, and no script failed.
  clean() {
    must(this.violations.length === 0, `${this.name}: ${this.violations.join("\n")}`);
    const faults = this.faults.filter((text) => !/Failed to load resource/.test(text));
    must(faults.length === 0, `${this.name}: ${faults.join("\n")}`);
  }
}

// Enrols a passkey of somebody who has an OpenSSH key; the others approve it.
async function enrol(person, by, others) {
  const fingerprint = await person.makePasskey();
  const asked = JSON.parse(
    interlock("--json", "person", "key", "add", person.name, "--passkey", fingerprint, "--key", given.keys[by], "--reason", "his new passkey"),
  );
  for (const other of others) {
    interlock("request", "approve", asked.id, "--key", given.keys[other], "--reason", "compared the fingerprint");
  }
  must(interlock("person", "ls").includes(fingerprint), "the passkey is enrolled");
  return asked.id;
}

// A command that a person signs in the browser; what it printed.
async function signedIn(person, ...words) {
  const child = spawn(given.interlock, words, { env: { ...process.env, INTERLOCK_HOME: given.home } });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  for (let n = 0; n < 100 && !/http\S+/.test(err); n += 1) await new Promise((done) => setTimeout(done, 100));
  must(/http\S+/.test(err), `no page to sign at: ${out}${err}`);
  await person.page.goto(/http\S+/.exec(err)[0]);
  const shown = await person.text();
  await person.page.getByRole("button", { name: "Sign with your passkey" }).click();
  const code = await ended;
  return { code, out, err, shown };
}

async function open(options = {}) {
  const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox", "--disable-gpu"], ...options });
  const person = async (name, more = {}) => {
    const { authenticator, ...of } = more;
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...of });
    context.setDefaultTimeout(15_000);
    const one = new Person(name, context, await context.newPage());
    if (of.javaScriptEnabled !== false) await one.authenticator(authenticator);
    return one;
  };
  return { browser, person };
}

// Runs a story; what it returns is printed.
function story(tell) {
  tell().then(
    (told) => {
      console.log(JSON.stringify(told ?? {}));
      process.exit(0);
    },
    (error) => {
      console.error(error.stack);
      process.exit(1);
    },
  );
}

module.exports = { enrol, given, interlock, must, open, signedIn, story };
