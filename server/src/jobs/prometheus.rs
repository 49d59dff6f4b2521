//! Asking a Prometheus, or what speaks like one, for one number: an instant query of its HTTP API, `/api/v1/query`.

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::Env;
use crate::domain::metric_source::{AsksPrometheus, Question};
use crate::outbound::Reply;

/// What it says of an error, at most, in characters.
const EXPLANATION_MAX: usize = 200;

#[async_trait]
impl AsksPrometheus for Env {
    async fn ask(&self, question: &Question) -> Result<f64, String> {
        let url = address(&question.url, &question.query)?;
        let reply = self.outbound.get(&url, question.authorization.as_deref()).await;
        number(&reply.map_err(|trouble| trouble.to_string())?)
    }
}

fn address(base: &str, query: &str) -> Result<Url, String> {
    let mut url = Url::parse(base).map_err(|error| format!("the address cannot be read: {error}"))?;
    let path = format!("{}/api/v1/query", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url.query_pairs_mut().clear().append_pair("query", query);
    Ok(url)
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Answer {
    Success { data: Data },
    Error { error: String },
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Scalar(Sample),
    Vector(Vec<Series>),
    String(serde::de::IgnoredAny),
    Matrix(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    value: Option<Sample>,
}

/// A moment, and a number as a text.
#[derive(Deserialize)]
struct Sample(serde::de::IgnoredAny, String);

/// The number in an answer. Nothing of an answer is repeated but what a Prometheus itself says is wrong with the query.
fn number(reply: &Reply) -> Result<f64, String> {
    let answer = serde_json::from_slice::<Answer>(&reply.body).ok();
    match (reply.status, answer) {
        (_, Some(Answer::Error { error })) => Err(format!("Prometheus says: {}", short(&error))),
        (200, Some(Answer::Success { data })) => one(data),
        (200, None) => Err("the answer is not that of a Prometheus at /api/v1/query".into()),
        (300..=399, _) => Err(format!(
            "the answer is a redirection ({}), which is not followed: give the address it leads to",
            reply.status
        )),
        (401 | 403, _) => Err(format!("Prometheus does not let us in ({})", reply.status)),
        (status, _) => Err(format!("the answer is the HTTP status {status}; 200 is expected")),
    }
}

fn one(data: Data) -> Result<f64, String> {
    let sample = match data {
        Data::Scalar(sample) => Some(sample),
        Data::Vector(series) if series.len() > 1 => {
            return Err(format!(
                "the query gives {} series; one is expected: add them up with sum(…), avg(…) or max(…)",
                series.len()
            ));
        }
        Data::Vector(mut series) => series.pop().and_then(|series| series.value),
        Data::String(_) | Data::Matrix(_) => {
            return Err(
                "the query gives no single number at one moment; a scalar or an instant vector is expected".into(),
            );
        }
    };
    let Some(Sample(_, text)) = sample else {
        return Err("the query gives nothing at present".into());
    };
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("the query gives {}; a number is expected", short(&text))),
    }
}

fn short(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(EXPLANATION_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<f64, String> {
        number(&Reply {
            status,
            retry_after: None,
            body: body.to_owned().into(),
        })
    }

    fn vector(values: &[&str]) -> String {
        let series = values
            .iter()
            .map(|value| format!(r#"{{"metric":{{"job":"api"}},"value":[1795514400.781,"{value}"]}}"#));
        let series = series.collect::<Vec<_>>().join(",");
        format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{series}]}}}}"#)
    }

    #[test]
    fn one_number_is_read() {
        assert_eq!(read(200, &vector(&["12.5"])), Ok(12.5));
        let scalar =
            r#"{"status":"success","data":{"resultType":"scalar","result":[1795514400,"-3"]},"warnings":["x"]}"#;
        assert_eq!(read(200, scalar), Ok(-3.0));
    }

    #[test]
    fn what_is_no_number_is_explained() {
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
        let error = r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected \"}\"\u001b"}"#;
        for (status, body, part) in [
            (200, vector(&[]).as_str(), "nothing at present"),
            (200, vector(&["1", "2"]).as_str(), "2 series"),
            (200, vector(&["NaN"]).as_str(), "NaN"),
            (200, matrix, "no single number"),
            (400, error, "parse error: unexpected \"}\" "),
            (200, "<html>secret</html>", "not that of a Prometheus"),
            (302, "", "redirection"),
            (401, "secret", "let us in"),
            (500, "secret", "500"),
        ] {
            let reason = read(status, body).unwrap_err();
            assert!(reason.contains(part) && !reason.contains("secret"), "{reason}");
        }
    }

    #[test]
    fn an_address_may_have_a_path() {
        let of = |base| address(base, "sum(rate(a[5m])) > 1 & x").unwrap().to_string();
        assert_eq!(
            of("https://a.example.org/prom/"),
            "https://a.example.org/prom/api/v1/query?query=sum%28rate%28a%5B5m%5D%29%29+%3E+1+%26+x"
        );
        assert!(of("http://a.example.org:9090").starts_with("http://a.example.org:9090/api/v1/query?"));
    }
}
