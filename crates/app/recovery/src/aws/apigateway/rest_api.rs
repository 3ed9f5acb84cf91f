//! A definition that is merged into an API.
//!
//! Kept: the resources and their methods. Back: those that it did not have are deleted. Compared: the same. A definition
//! that writes over a method, or that says more than paths, has no way back.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use interlock_action::{Deed, HANDLE, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, step, text, with, word},
};

/// The way.
pub(super) struct RestApi;

/// What a definition may say beside its paths: in which language it is written.
const KNOWN: [&str; 3] = ["openapi", "swagger", "paths"];

fn api(deed: &Deed) -> Option<&str> {
    let merges = text(deed, "/mode") == Some("merge");
    text(deed, "/restApiId").filter(|_| merges && is(deed, "apigateway", &["PutRestApi"]))
}

/// The paths of the definition with their methods; `None` where it says more.
fn defined(deed: &Deed) -> Option<Map<String, Value>> {
    let bytes = BASE64_STANDARD.decode(text(deed, "/body")?).ok()?;
    let body: Value = serde_json::from_slice(&bytes).ok()?;
    body.as_object()?.keys().all(|name| KNOWN.contains(&name.as_str())).then_some(())?;
    at(&body, "/paths").as_object().cloned()
}

impl OneRead for RestApi {
    fn called(&self) -> &'static str {
        "apigateway/rest-api"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let place = json!({"restApiId": api(deed)?, "limit": 500, "embed": ["methods"]});
        Some(Ask("apigateway", "GetResources", place))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the API is not there")?;
        if !at(answer, "/position").is_null() {
            return Err("there are more resources than one answer tells".to_owned());
        }
        let (mut resources, mut ids) = (Map::new(), Map::new());
        for resource in list(answer, "/items") {
            let path = word(resource, "/path").ok_or("a resource has no path")?;
            resources.insert(path.to_owned(), with(json!({}), at(resource, "/resourceMethods").clone()));
            ids.insert(path.to_owned(), at(resource, "/id").clone());
        }
        Ok(json!({"resources": resources, HANDLE: ids}))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let new = |(path, methods): (&String, &Value)| {
            let have = at(before, "/resources").get(path);
            let has = |method: &String| have.is_some_and(|have| have.get(method.to_uppercase()).is_some());
            methods.as_object().is_some_and(|methods| !methods.keys().any(has))
        };
        defined(deed)?.iter().all(new).then(Terms::exact)
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let api = api(deed).ok_or("the API is not named")?;
        let (was, is) = (at(before, "/resources"), at(now, "/resources"));
        let mut steps = Vec::new();
        let mut gone: Vec<&str> = Vec::new();
        // A resource takes those below it along: shorter paths first.
        for (path, methods) in is.as_object().into_iter().flatten() {
            let place = json!({"restApiId": api, "resourceId": at(now, "/handle").get(path)});
            let below = gone.iter().any(|parent| path.starts_with(&format!("{parent}/")));
            match was.get(path) {
                _ if below => {}
                None => {
                    let delete = call(deed, "apigateway", "DeleteResource", place);
                    steps.push(step(format!("delete the resource {path}"), delete));
                    gone.push(path);
                }
                Some(had) => {
                    for (method, _) in methods.as_object().into_iter().flatten() {
                        if had.get(method).is_none() {
                            let one = with(place.clone(), json!({"httpMethod": method}));
                            let delete = call(deed, "apigateway", "DeleteMethod", one);
                            steps.push(step(format!("delete {method} of {path}"), delete));
                        }
                    }
                }
            }
        }
        if steps.is_empty() {
            return Err(format!("what API {api} had is written over, or gone"));
        }
        Ok(steps)
    }
}
