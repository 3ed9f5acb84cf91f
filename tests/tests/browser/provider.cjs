// A sign-in provider: a certified OpenID Connect server, with everybody who comes as an account.
"use strict";
const { generateKeyPairSync } = require("node:crypto");
const path = require("node:path");

const given = JSON.parse(process.argv[2]);
const key = (...of) => generateKeyPairSync(...of).privateKey.export({ format: "jwk" });
const { port } = new URL(given.issuer);
const secret = given.secret ? { client_secret: given.secret } : { token_endpoint_auth_method: "none" };

import(path.join(process.env.NODE_PATH, "oidc-provider/lib/index.js")).then(({ Provider }) =>
  new Provider(given.issuer, {
    clients: [
      {
        client_id: "interlock",
        redirect_uris: [given.back],
        id_token_signed_response_alg: given.algorithm,
        ...secret,
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    cookies: { keys: ["one"] },
    enabledJWA: { idTokenSigningAlgValues: [given.algorithm] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@Example.com`, email_verified: id !== "unsure" }),
    }),
    jwks: {
      keys: [
        { ...key("rsa", { modulusLength: 2048 }), kid: "r" },
        { ...key("ec", { namedCurve: "P-256" }), kid: "e" },
      ],
    },
  }).listen(Number(port), "localhost", () => console.log("ready")),
);
