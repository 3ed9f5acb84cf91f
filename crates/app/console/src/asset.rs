//! What pages load beside themselves. It is in the program; its address carries its digest, so that no browser keeps an old one.
//!
//! `vendor/` holds htmx 4.0.1 and two of its extensions as its authors published them (0BSD, `vendor/LICENSE`).

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};

/// One of them.
struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

const ASSETS: [Asset; 6] = [
    Asset { name: "console.css", kind: STYLE, bytes: include_bytes!("../assets/console.css") },
    Asset { name: "console.js", kind: SCRIPT, bytes: include_bytes!("../assets/console.js") },
    Asset { name: "htmx.min.js", kind: SCRIPT, bytes: include_bytes!("../assets/vendor/htmx.min.js") },
    Asset { name: "hx-csp.min.js", kind: SCRIPT, bytes: include_bytes!("../assets/vendor/hx-csp.min.js") },
    Asset { name: "hx-sse.min.js", kind: SCRIPT, bytes: include_bytes!("../assets/vendor/hx-sse.min.js") },
    Asset { name: "mark.svg", kind: "image/svg+xml", bytes: include_bytes!("../assets/mark.svg") },
];

/// The address of one, with its digest.
pub(crate) fn address(name: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    asset.map_or_else(String::new, |asset| format!("/assets/{name}?{}", mark(asset)))
}

fn mark(asset: &Asset) -> String {
    let digest: String =
        Sha256::digest(asset.bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    digest
}

/// Serves one.
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What others wrote is what they published: npm's `htmx.org` 4.0.1.
    #[test]
    fn what_others_wrote_is_unchanged() {
        for (name, digest) in [
            ("htmx.min.js", "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"),
            ("hx-csp.min.js", "a7e1e6711ae6c3e50ad300fba7936cbe8d07599cdae313414a179ddd6b26e143"),
            ("hx-sse.min.js", "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103"),
        ] {
            let bytes = ASSETS.iter().find(|asset| asset.name == name).map_or(&b""[..], |asset| asset.bytes);
            let found: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, digest, "{name}");
        }
    }
}
