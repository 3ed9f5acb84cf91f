// An incident: one person breaks the glass from a command line, signs in the console, decides alone on what is in its scope.
"use strict";
const { spawn } = require("node:child_process");
const { enrol, given, interlock, must, open, story } = require("./browser.cjs");

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

story(async () => {
  const { browser, person } = await open();
  const [bo, cy] = [await person("bo"), await person("cy", { authenticator: { defaultBackupEligibility: true } })];
  await enrol(bo, "bo", ["ana", "cy"]);
  await enrol(cy, "cy", ["ana", "bo"]);
  await bo.signIn();
  await cy.signIn();
  const findings = [];

  const open_ = ["break-glass", "open", "--incident", "INC-7", "--scope", "prod-school", "--minutes", "5", "--reason", "disk is full"];
  let refused = await signedIn(cy, ...open_, "--key", "passkey:cy");
  must(refused.code !== 0 && refused.err.includes("not among those"), refused.err);
  const broken = await signedIn(bo, ...open_, "--key", "passkey:bo");
  must(broken.code === 0 && broken.out.includes("is broken until"), broken.err);
  must(broken.shown.includes("INC-7") && broken.shown.includes("prod-school"), broken.shown);
  const id = /gl-\w+/.exec(broken.out)[0];

  // Everybody sees it on every page.
  await cy.go("/feed");
  const alarm = await cy.page.locator(".alarm").first().innerText();
  must(alarm.includes("bo has broken the glass for INC-7"), alarm);
  findings.push(...(await cy.look("glass")));

  await bo.decide(given.ticket, "approve", "it is the incident", "prod-school");
  const text = await bo.text();
  must(text.includes("Approved at") && text.includes(`by broken glass ${id}`), text);
  // What is not in the scope takes two, as ever.
  await bo.decide(given.other, "approve", "it is not", "prod-other");
  must((await bo.text()).includes("1 of 2 approvals"), await bo.text());

  const own = await signedIn(bo, "break-glass", "review", id, "--key", "passkey:bo", "--reason", "fine");
  must(own.code !== 0 && own.err.includes("somebody else"), own.err);
  const looked = await signedIn(cy, "break-glass", "review", id, "--key", "passkey:cy", "--reason", "right so");
  must(looked.code === 0, looked.err);
  must(interlock("break-glass", "ls").includes("cy"), "it is reviewed");
  must(findings.length === 0, findings.join("\n"));
  bo.clean();
  cy.clean();
  await browser.close();
});
