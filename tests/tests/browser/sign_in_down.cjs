// A provider that does not answer is named, and so is the other way in.
"use strict";
const { must, open, story } = require("./browser.cjs");

story(async () => {
  const { browser, person } = await open();
  const bo = await person("bo");
  await bo.go("/");
  await bo.page.getByRole("link", { name: "Sign in with Example" }).click();
  const text = await bo.text();
  must(text.includes("it cannot be reached") && text.includes("your passkey meanwhile"), text);
  must((await bo.look("provider-down")).length === 0, "axe");
  await browser.close();
});
