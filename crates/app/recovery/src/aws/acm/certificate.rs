//! A certificate that is deleted: requested again.
//!
//! Kept: its names, how it is validated, key algorithm, whether it is logged, tags. Back: another is requested, found by the tag
//! that says which one it restores. Compared: all that is kept. Lost: the certificate with its private key, its ARN. What is
//! requested serves nothing before it is validated; a validation record that still stands does that by itself.
//!
//! Not a way back: one that was not issued by Amazon, whose key can be exported, that is managed for another service, or that
//! was never in order; names that are not all validated the same way.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    RESTORES, Way, at, busy, call, found, is, list, only, read, sends_only, sorted, standing, step, tags,
    tags_of_another, tells_only, text, texts, token, wait, what, with, word,
};

/// The way.
pub(super) struct Certificate;

/// All that is told of a certificate that is requested again.
const TOLD: &[&str] = &[
    "CertificateArn",
    "DomainName",
    "SubjectAlternativeNames",
    "DomainValidationOptions",
    "Serial",
    "Subject",
    "Issuer",
    "CreatedAt",
    "IssuedAt",
    "Status",
    "NotBefore",
    "NotAfter",
    "KeyAlgorithm",
    "SignatureAlgorithm",
    "InUseBy",
    "Type",
    "RenewalSummary",
    "KeyUsages",
    "ExtendedKeyUsages",
    "RenewalEligibility",
    "Options",
];

/// The algorithms that Amazon issues certificates for (ACM User Guide, "Certificate characteristics").
const ALGORITHMS: [&str; 3] = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"];

fn arn(deed: &Deed) -> Option<&str> {
    let known = sends_only(deed, &[&["CertificateArn"]]);
    text(deed, "/CertificateArn").filter(|_| known && is(deed, "acm", &["DeleteCertificate"]))
}

fn one(arn: &str) -> Value {
    json!({"CertificateArn": arn})
}

fn tagged(mark: &str) -> Value {
    json!({"TagFilters": [{"Key": RESTORES, "Values": [mark]}], "ResourceTypeFilters": ["acm"]})
}

/// The ARNs that the tag tells; none before an undo has begun.
fn again<'a>(deed: &Deed, answers: &'a Answers, arn: &str) -> Result<Vec<&'a str>, String> {
    let Some(mark) = deed.mark(arn) else { return Ok(Vec::new()) };
    let Some(told) = found(answers, "resourcegroupstaggingapi", "GetResources", &tagged(&mark))? else {
        return Err("what carries the tag is not told".to_owned());
    };
    if word(told, "/PaginationToken").is_some_and(|token| !token.is_empty()) {
        return Err("more things carry the tag than one answer tells".to_owned());
    }
    let ours = |tag: &Value| word(tag, "/Key") == Some(RESTORES) && word(tag, "/Value") == Some(&mark);
    let all = list(told, "/ResourceTagMappingList").iter();
    Ok(all
        .filter(|one| list(one, "/Tags").iter().any(ours))
        .filter_map(|one| word(one, "/ResourceARN"))
        .collect())
}

/// The certificate, or the one that restores it.
fn current<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let arn = arn(deed).ok_or("the certificate is not named")?;
    let describe = |arn: &str| -> Result<Option<&'a Value>, String> {
        let told = found(answers, "acm", "DescribeCertificate", &one(arn))?;
        Ok(told.map(|told| at(told, "/Certificate")))
    };
    if let Some(own) = describe(arn)? {
        return Ok(Some(own));
    }
    let mut there = Vec::new();
    for arn in again(deed, answers, arn)? {
        // The index of tags may still tell what is gone.
        there.extend(describe(arn)?);
    }
    match there.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(format!("more than one certificate says that it restores {arn}")),
    }
}

/// How all names are validated; [`Value::Null`] where it is not told yet, or not the same of all.
fn method(certificate: &Value) -> Value {
    let mut methods =
        list(certificate, "/DomainValidationOptions").iter().map(|one| at(one, "/ValidationMethod"));
    let first = methods.next().cloned().unwrap_or_default();
    if methods.all(|one| *one == first) { first } else { Value::Null }
}

/// The domains that mails are sent to, where that is how names are validated.
fn mailed(certificate: &Value) -> Value {
    if method(certificate).as_str() != Some("EMAIL") {
        return Value::Null;
    }
    let all = list(certificate, "/DomainValidationOptions").iter();
    sorted(all.map(|one| only(one, &["DomainName", "ValidationDomain"])).collect())
}

/// The key algorithm as a request spells it: answers say `RSA-2048`, requests `RSA_2048`.
fn algorithm(certificate: &Value) -> Option<String> {
    word(certificate, "/KeyAlgorithm").map(|name| name.replace('-', "_"))
}

/// Whether asking for it again makes the same.
fn is_plain(certificate: &Value) -> bool {
    tells_only(certificate, &[TOLD])
        && word(certificate, "/Type") == Some("AMAZON_ISSUED")
        && matches!(word(certificate, "/Status"), Some("ISSUED" | "PENDING_VALIDATION"))
        && matches!(word(certificate, "/Options/Export"), None | Some("DISABLED"))
        && matches!(method(certificate).as_str(), Some("DNS" | "EMAIL"))
        && algorithm(certificate).is_some_and(|name| ALGORITHMS.contains(&name.as_str()))
}

impl Way for Certificate {
    fn name(&self) -> &'static str {
        "acm/certificate"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        arn(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(arn) = arn(deed) else { return Vec::new() };
        let mut reads = vec![read(deed, "acm", "DescribeCertificate", one(arn))];
        let by_mark = |mark: String| read(deed, "resourcegroupstaggingapi", "GetResources", tagged(&mark));
        reads.extend(deed.mark(arn).map(by_mark));
        let others = again(deed, so_far, arn).unwrap_or_default();
        reads.extend(others.into_iter().map(|arn| read(deed, "acm", "DescribeCertificate", one(arn))));
        if let Ok(Some(certificate)) = current(deed, so_far)
            && let Some(arn) = word(certificate, "/CertificateArn")
        {
            reads.push(read(deed, "acm", "ListTagsForCertificate", one(arn)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let gone = arn(deed).ok_or("the certificate is not named")?;
        // INVARIANT: where nobody could find out which one restores it, there is no way back.
        again(deed, answers, gone)?;
        let Some(certificate) = current(deed, answers)? else {
            return Ok(standing(Value::Null, json!({})));
        };
        let arn = word(certificate, "/CertificateArn").ok_or("the certificate has no ARN")?;
        let put = found(answers, "acm", "ListTagsForCertificate", &one(arn))?;
        let put = put.ok_or("the certificate went while it was read")?;
        let more = json!({
            "SubjectAlternativeNames": sorted(list(certificate, "/SubjectAlternativeNames").to_vec()),
            "KeyAlgorithm": algorithm(certificate),
            "ValidationMethod": method(certificate),
            "DomainValidationOptions": mailed(certificate),
            "Tags": tags(at(put, "/Tags")),
        });
        let is = with(only(certificate, &["DomainName", "Options"]), more);
        let busy = list(certificate, "/DomainValidationOptions").is_empty();
        Ok(standing(is, json!({"busy": busy, "plain": is_plain(certificate)})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = [
            "the certificate and its private key: the new one serves nothing before it is validated",
            "its ARN: whatever used it must be told the new one",
        ];
        let plain = !what(before).is_null() && at(before, "/handle/plain") == &Value::Bool(true);
        plain.then(|| Terms::lossy(2, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let arn = arn(deed).ok_or("the certificate is not named")?;
        let was = what(before);
        let domain = word(was, "/DomainName").ok_or("the certificate's name was not kept")?;
        let waits = wait(format!("wait until it is told how {domain} is validated"));
        if busy(now) {
            return Ok(vec![waits]);
        }
        if !what(now).is_null() {
            return Err(format!("the certificate for {domain} that stands in its place is another"));
        }
        let others: Vec<&str> =
            texts(was, "/SubjectAlternativeNames").into_iter().filter(|name| *name != domain).collect();
        let kept = only(
            was,
            &["DomainName", "KeyAlgorithm", "ValidationMethod", "DomainValidationOptions", "Options"],
        );
        let more = json!({
            "SubjectAlternativeNames": (!others.is_empty()).then_some(others),
            "Tags": tags_of_another(deed, at(was, "/Tags"), arn),
            "IdempotencyToken": token(deed, "certificate"),
        });
        let request = call(deed, "acm", "RequestCertificate", with(kept, more));
        Ok(vec![step(format!("request a certificate for {domain} again"), request), waits])
    }
}

#[cfg(test)]
mod tests;
