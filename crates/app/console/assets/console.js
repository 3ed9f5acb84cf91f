// Speaks to the authenticator, and lets a reader go through the queue by keys. Nothing is decided here: what is signed was made
// by the server and stands on the page.
"use strict";

const encode = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

async function assertion(form) {
  const { challenge, site, credentials } = form.dataset;
  const ids = (credentials || "").split(" ").filter(Boolean);
  const found = await navigator.credentials.get({
    publicKey: {
      challenge: decode(challenge),
      rpId: site,
      userVerification: "required",
      allowCredentials: ids.map((id) => ({ type: "public-key", id: decode(id) })),
    },
  });
  const { clientDataJSON, authenticatorData, signature } = found.response;
  return {
    id: found.id,
    response: {
      clientDataJSON: encode(clientDataJSON),
      authenticatorData: encode(authenticatorData),
      signature: encode(signature),
    },
  };
}

async function registration(form) {
  const { challenge, site, user, person, attestation } = form.dataset;
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: decode(challenge),
      rp: { id: site, name: "Interlock" },
      user: { id: decode(user), name: person, displayName: person },
      pubKeyCredParams: [{ type: "public-key", alg: -8 }, { type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation,
      excludeCredentials: (form.dataset.credentials || "").split(" ").filter(Boolean)
        .map((id) => ({ type: "public-key", id: decode(id) })),
    },
  });
  const { clientDataJSON, attestationObject } = made.response;
  return {
    id: made.id,
    response: { clientDataJSON: encode(clientDataJSON), attestationObject: encode(attestationObject) },
  };
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector(".sign-with");
  const said = form.querySelector(".said");
  if (!window.PublicKeyCredential) {
    said.textContent = "This browser has no passkeys.";
    continue;
  }
  said.textContent = "";
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said.textContent = "Your device asks for you…";
    try {
      const answer = form.dataset.passkey === "create" ? await registration(form) : await assertion(form);
      form.elements.signature.value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      said.textContent = `Nothing was signed: ${error.message}`;
      button.disabled = false;
    }
  });
}

// No key approves anything: the two buttons of a request stand behind a page that is signed.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...document.querySelectorAll(".queue .row")];
  const at = rows.indexOf(document.activeElement);
  if (event.key === "j" && rows.length) rows[Math.min(at + 1, rows.length - 1)].focus();
  else if (event.key === "k" && rows.length) rows[Math.max(at - 1, 0)].focus();
  else if (event.key === "d") document.querySelector("#reason")?.focus();
  else if (event.key === "?") document.querySelector(".keys")?.scrollIntoView();
  else return;
  event.preventDefault();
});
