//! Metrics, as programs push them, as a Prometheus is asked for them, and as visitors see them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use harness::prometheus::FakePrometheus;
use harness::{Client, Refusal, TestApp, Told, days, hours, minutes, seconds};
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use server::domain::metric_series;
use server::entity::{metric_point, metric_rollup};
use shared::access::Role;
use shared::metric::{
    Metric, MetricAggregation, MetricAuth, MetricLevel, MetricPatch, MetricPlace, MetricPointsTaken, MetricRange,
    MetricSeries, MetricSourceTrial, MetricThreshold, NewMetric, NewMetricPoint, NewMetricPoints, PublicMetric,
    PublicMetrics, ReorderMetrics, SetMetricSource, TryMetricSource,
};
use shared::problem::Code;
use shared::{MetricId, PageId, Timestamp};

use MetricAggregation::{Avg, Last, Max, Min, P95, Sum};

type Points = Vec<(Timestamp, f64)>;

async fn add(admin: &Client, input: NewMetric) -> Metric {
    admin.api().create_metric(&input).await.told().unwrap()
}

async fn latency(admin: &Client, aggregation: MetricAggregation) -> Metric {
    let input = NewMetric {
        aggregation: Some(aggregation),
        places: Some(1),
        ..NewMetric::named(format!("Latency {aggregation}"), "ms")
    };
    add(admin, input).await
}

async fn push(client: &Client, id: MetricId, points: &[(Timestamp, f64)]) -> MetricPointsTaken {
    let point = |(at, value): &(Timestamp, f64)| NewMetricPoint {
        value: *value,
        at: Some(*at),
    };
    let input = NewMetricPoints::many(points.iter().map(point).collect());
    client.api().push_metric_points(id.0, &input).await.told().unwrap()
}

/// As a process sees it that has nothing in its cache.
async fn read(app: &TestApp, slug: &str, range: MetricRange) -> MetricSeries {
    let cx = app.cx.as_system("test");
    metric_series::get(&cx, PageId(1), slug, Some(range))
        .await
        .unwrap()
        .series
}

fn values(series: &MetricSeries) -> Vec<f64> {
    series.buckets.iter().map(|bucket| bucket.value).collect()
}

/// What looking at every point gives.
fn by_hand(points: &Points, series: &MetricSeries, aggregation: MetricAggregation) -> BTreeMap<Timestamp, f64> {
    let width = i64::from(series.bucket_s) * 1_000;
    let mut buckets: BTreeMap<i64, Points> = BTreeMap::new();
    for (at, value) in points.iter().filter(|(at, _)| *at >= series.from) {
        let start = at.as_millis() / width * width;
        buckets.entry(start).or_default().push((*at, *value));
    }
    let value = |mut points: Points| {
        points.sort_by_key(|(at, _)| *at);
        let latest = points[points.len() - 1].1;
        let mut values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        let total: f64 = values.iter().sum();
        match aggregation {
            Sum => total,
            Avg => total / values.len() as f64,
            Min => values[0],
            Max => values[values.len() - 1],
            Last => latest,
            P95 => values[(values.len() - 1) * 95 / 100],
        }
    };
    let buckets = buckets.into_iter();
    buckets
        .map(|(start, points)| (Timestamp::from_millis(start), value(points)))
        .collect()
}

fn source(prometheus: &FakePrometheus) -> SetMetricSource {
    SetMetricSource {
        url: prometheus.url.clone(),
        query: "sum(rate(requests[5m]))".into(),
        interval_s: 60,
        auth: MetricAuth::Basic,
        username: Some("ana".into()),
        secret: Some("hunter2".into()),
    }
}

async fn get(app: &TestApp, id: MetricId) -> Metric {
    app.admin().await.get(&format!("/metrics/{id}")).await.unwrap()
}

async fn set_source(admin: &Client, id: MetricId, input: &SetMetricSource) -> Result<Metric, Refusal> {
    admin.put(&format!("/metrics/{id}/source"), input).await
}

harness::on_every_database! {
    /// The main job: a program pushes what it measures, and visitors see it.
    async fn what_is_pushed_is_on_the_page(app: TestApp) {
        let admin = app.admin().await;
        let slow = MetricThreshold { value: 300.0, label: "Too <slow>".into(), level: MetricLevel::Critical };
        let input = NewMetric { places: Some(1), thresholds: vec![slow], ..NewMetric::named("API latency", "ms") };
        let metric = add(&admin, input).await;
        assert_eq!((metric.slug.as_str(), metric.aggregation, metric.default_range), ("api-latency", Avg, MetricRange::Day));
        add(&admin, NewMetric { is_public: Some(false), ..NewMetric::named("Secret", "€") }).await;
        let version = app.visitor().api().get_status(None).await.told().unwrap().version;

        let now = app.clock.now();
        let taken = admin.api().push_metric_points(metric.id.0, &NewMetricPoints::one(120.0)).await.told().unwrap();
        assert_eq!((taken.accepted, taken.replaced), (1, 0));
        push(&admin, metric.id, &[(now - minutes(1), 280.0), (now - hours(2), 40.0)]).await;

        let all: PublicMetrics = app.visitor().get("/public/metrics?range=1h").await.unwrap();
        assert_eq!(all.metrics.len(), 1, "what is not public is not there");
        assert_eq!(values(&all.metrics[0].series), [280.0, 120.0]);
        let one: PublicMetric = app.visitor().get("/public/metrics/api-latency").await.unwrap();
        assert_eq!((one.series.range, one.series.bucket_s, values(&one.series)), (MetricRange::Day, 300, vec![40.0, 280.0, 120.0]));
        assert!(app.visitor().get::<Value>("/public/metrics/secret").await.is_err());

        let (_, html) = app.visitor().page("/").await;
        for part in ["<h2 id=\"metrics\">Metrics</h2>", "href=\"/charts/api-latency\"", "120.0\u{a0}ms", "24 November, 09:45 – 10:00: 280.0\u{a0}ms"] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
        assert!(!html.contains("Secret"), "{html}");
        let (status, html) = app.visitor().page("/charts/api-latency?range=1h").await;
        assert_eq!(status, 200);
        for part in ["Latest 120.0\u{a0}ms, lowest 120.0\u{a0}ms, highest 280.0\u{a0}ms (1 hour)", "role=\"img\"",
            "24 November, 09:59 – 10:00: 280.0\u{a0}ms", "Too &lt;slow&gt;", "All values as a table", "range=30d", "aria-current"] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
        assert!(!html.contains(" style=") && !html.contains("<script"), "{html}");
        for nowhere in ["/charts/secret", "/charts/api-latency?range=2h", "/charts/nope"] {
            assert_eq!(app.visitor().page(nowhere).await.0, 404, "{nowhere}");
        }
        let seen = get(&app, metric.id).await;
        assert_eq!((seen.last_value, seen.last_at), (Some(120.0), Some(now)));
        assert_eq!(app.visitor().api().get_status(None).await.told().unwrap().version, version, "points make no new version");
    }

    /// A thousand points in one request, and each chart shows what looking at all of them gives.
    async fn charts_are_what_the_points_are(app: TestApp) {
        let admin = app.admin().await;
        let now = app.clock.now();
        // Without order: the multiples of a prime, one every minute or so over most of a day, and a few days before.
        let points: Points = (0..1_000_u64)
            .map(|n| {
                let at = if n < 900 { now - seconds(n * 7_919 % 80_000) } else { now - hours(n * 37 % 160) };
                (at, f64::from(u32::try_from(n * 104_729 % 10_007).unwrap()) / 10.0 - 50.0)
            })
            .collect();
        let latest: Points = points.iter().copied().collect::<BTreeMap<_, _>>().into_iter().collect();
        for aggregation in MetricAggregation::ALL.iter().copied() {
            let metric = latency(&admin, aggregation).await;
            let taken = push(&admin, metric.id, &points).await;
            assert_eq!(usize::try_from(taken.accepted).unwrap(), latest.len());
            assert_eq!(push(&admin, metric.id, &points).await.replaced, taken.accepted, "sent again, it changes nothing");
            for range in MetricRange::ALL.iter().copied() {
                let series = read(&app, &metric.slug, range).await;
                let expected = by_hand(&latest, &series, aggregation);
                assert_eq!(series.buckets.len(), expected.len(), "{aggregation} {range}");
                for bucket in &series.buckets {
                    let exact = expected[&bucket.at];
                    let error = if aggregation == P95 { 0.01 * exact.abs() } else { 1e-9 * exact.abs().max(1.0) };
                    assert!((bucket.value - exact).abs() <= error + 1e-9, "{aggregation} {range} {}: {} {exact}", bucket.at, bucket.value);
                }
            }
        }
    }

    /// What is wrong with a point is said with the place it stands at, and nothing of the request is kept.
    async fn bad_points_are_named(app: TestApp) {
        let admin = app.admin().await;
        let metric = latency(&admin, Avg).await;
        let now = app.clock.now();
        let at = |at: Timestamp| json!({"points": [{"value": 1.0}, {"value": 2.0, "at": at}]});
        let many: Vec<Value> = (0..1_001).map(|value| json!({"value": value})).collect();
        let path = format!("/metrics/{}/points", metric.id);
        for (input, field, part) in [
            (json!({}), "value", "one of them is expected"),
            (json!({"value": 1.0, "points": []}), "points", "one of them is expected"),
            (json!({"points": []}), "points", "1 to 1000"),
            (json!({"points": many}), "points", "at most 1000"),
            (json!({"value": 1e16}), "value", "-1e15 to 1e15"),
            (at(now + minutes(6)), "points[1].at", "5 minutes"),
            (at(now - days(7) - seconds(1)), "points[1].at", "7 days"),
        ] {
            let refusal = admin.post::<Value>(&path, &input).await.unwrap_err();
            assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec![field]));
            let message = &refusal.problem.errors[0].message;
            assert!(message.contains(part), "{message}");
        }
        for text in [r#"{"value": "12"}"#, r#"{"value": NaN}"#, r#"{"value": 1e999}"#, r#"{"value": 1, "time": 3}"#] {
            let request = admin.call(Method::POST, &path).header("content-type", "application/json").body(text);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 400, "{text}");
        }
        let refusal = admin.post::<Value>("/metrics/4711/points", &json!({"value": 1})).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
        assert!(values(&read(&app, &metric.slug, MetricRange::Week).await).is_empty());
    }

    /// A point that comes late, or anew, is in its minute, its hour and its day; whatever the order, the chart is the same.
    async fn a_late_point_corrects_its_hour(app: TestApp) {
        let admin = app.admin().await;
        let metric = latency(&admin, Sum).await;
        let now = app.clock.now();
        let then = now - days(6) - minutes(90);
        push(&admin, metric.id, &[(then, 10.0), (then + seconds(70), 5.0), (now, 1.0)]).await;
        assert_eq!(values(&read(&app, &metric.slug, MetricRange::Week).await), [15.0, 1.0]);
        push(&admin, metric.id, &[(then + seconds(30), 100.0)]).await;
        assert_eq!(values(&read(&app, &metric.slug, MetricRange::Week).await), [115.0, 1.0]);
        assert_eq!(push(&admin, metric.id, &[(then, 20.0)]).await.replaced, 1);
        for range in [MetricRange::Week, MetricRange::Month, MetricRange::Quarter] {
            assert_eq!(values(&read(&app, &metric.slug, range).await), [125.0, 1.0], "{range}");
        }
        let seen = get(&app, metric.id).await;
        assert_eq!((seen.last_value, seen.last_at), (Some(1.0), Some(now)), "the newest is the newest");
    }

    /// Programs that push to one metric at the same time, at different nodes, lose nothing.
    async fn writers_at_the_same_time_lose_nothing(app: TestApp) {
        let (admin, other) = (app.admin().await, app.second_node().await);
        let metric = latency(&admin, Sum).await;
        let there = other.visitor().bearing(admin.token());
        let start = app.clock.now() - minutes(1);
        let push = |n: u64| {
            let client = if n.is_multiple_of(2) { &admin } else { &there };
            let points: Points = (0..5).map(|k| (start + Duration::from_millis(n * 10 + k), 1.0)).collect();
            async move { push(client, metric.id, &points).await }
        };
        futures::future::join_all((0..20).map(push)).await;
        for range in MetricRange::ALL.iter().copied() {
            let total: f64 = values(&read(&app, &metric.slug, range).await).iter().sum();
            assert!((total - 100.0).abs() < 1e-9, "{range}: {total}");
        }
    }

    /// Points and minutes go after a week, hours after ninety days, days after two years; what is shown stays.
    async fn what_has_served_its_time_goes(app: TestApp) {
        let metric = latency(&app.admin().await, Sum).await;
        let start = app.clock.now();
        push(&app.admin().await, metric.id, &[(start, 7.0), (start - minutes(2), 1.0)]).await;
        let rows = || async {
            let points = metric_point::Entity::find().count(&app.cx.db).await.unwrap();
            (points, metric_rollup::Entity::find().count(&app.cx.db).await.unwrap())
        };
        assert_eq!(rows().await, (2, 5), "two minutes, two hours, a day");
        for (after, expected) in [(days(6), (2, 5)), (days(2), (0, 3)), (days(83), (0, 1)), (days(641), (0, 0))] {
            app.clock.advance(after);
            app.run_jobs().await;
            assert_eq!(rows().await, expected, "after {:?}", app.clock.now().since(start));
        }
    }

    /// A Prometheus is asked again and again; its password is told to nobody but it.
    async fn points_are_pulled_from_a_prometheus(app: TestApp) {
        let node = app.second_node_with(|config| config.outbound.allow_private = true).await;
        let admin = node.admin().await;
        let prometheus = FakePrometheus::start("12.5").await;
        let metric = latency(&admin, Last).await;
        let set = set_source(&admin, metric.id, &source(&prometheus)).await.unwrap().source.unwrap();
        assert!(set.has_secret && set.last_success_at.is_none());
        node.run_jobs().await;
        let seen = get(&node, metric.id).await;
        assert_eq!((seen.last_value, seen.source.unwrap().last_success_at), (Some(12.5), Some(app.clock.now())));
        let asked = prometheus.requests();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].starts_with("GET /api/v1/query?query=sum%28rate%28requests%5B5m%5D%29%29 HTTP/1.1\r\n"), "{}", asked[0]);
        assert!(asked[0].contains("authorization: Basic YW5hOmh1bnRlcjI="), "{}", asked[0]);

        app.clock.advance(seconds(45));
        node.run_jobs().await;
        assert_eq!(prometheus.requests().len(), 1, "not before its time");
        prometheus.answers("503 Service Unavailable", "hunter2");
        app.clock.advance(seconds(15));
        node.run_jobs().await;
        let failed = get(&node, metric.id).await.source.unwrap();
        assert_eq!(failed.last_error.as_deref(), Some("the answer is the HTTP status 503; 200 is expected"));
        prometheus.gives("13");
        app.clock.advance(minutes(1));
        node.run_jobs().await;
        let seen = get(&node, metric.id).await;
        assert_eq!((seen.last_value, seen.source.unwrap().last_error), (Some(13.0), None));
        assert_eq!(values(&read(&app, &metric.slug, MetricRange::Hour).await), [12.5, 13.0], "a gap where there was none");

        let admin = node.admin().await;
        admin.delete(&format!("/metrics/{}/source", metric.id)).await.unwrap();
        assert_eq!(get(&node, metric.id).await.source, None);
        let told = format!("{}{}", admin.get::<Value>("/audit").await.unwrap(), admin.get::<Value>("/metrics").await.unwrap());
        assert!(told.contains("metric.set_source") && !told.contains("hunter2"), "{told}");
    }

    /// A source is tried before it is set; a kept password goes to no other server.
    async fn a_source_is_tried_first(app: TestApp) {
        let node = app.second_node_with(|config| config.outbound.allow_private = true).await;
        let admin = node.admin().await;
        let (prometheus, other) = (FakePrometheus::start("7").await, FakePrometheus::start("8").await);
        let metric = latency(&admin, Avg).await;
        set_source(&admin, metric.id, &source(&prometheus)).await.unwrap();
        let attempt = |prometheus: &FakePrometheus| TryMetricSource {
            metric_id: Some(metric.id),
            url: prometheus.url.clone(),
            query: "up".into(),
            auth: MetricAuth::Basic,
            username: Some("ana".into()),
            secret: None,
        };
        let tried: MetricSourceTrial = admin.post("/metrics/try-source", &attempt(&prometheus)).await.unwrap();
        assert_eq!((tried.value, tried.error), (Some(7.0), None));
        let refusal = admin.post::<Value>("/metrics/try-source", &attempt(&other)).await.unwrap_err();
        assert_eq!(refusal.fields(), ["secret"]);
        let elsewhere = SetMetricSource { url: other.url.clone(), secret: None, ..source(&prometheus) };
        assert_eq!(set_source(&admin, metric.id, &elsewhere).await.unwrap_err().fields(), ["secret"]);
        assert!(other.requests().is_empty());

        let error = r#"{"status":"error","errorType":"bad_data","error":"parse error: unclosed left parenthesis"}"#;
        prometheus.answers("400 Bad Request", error);
        let tried: MetricSourceTrial = admin.post("/metrics/try-source", &attempt(&prometheus)).await.unwrap();
        assert_eq!(tried.error.as_deref(), Some("Prometheus says: parse error: unclosed left parenthesis"));
        prometheus.answers(&format!("302 Found\r\nlocation: {}", other.url), "");
        let tried: MetricSourceTrial = admin.post("/metrics/try-source", &attempt(&prometheus)).await.unwrap();
        assert!(tried.error.unwrap().contains("redirection") && other.requests().is_empty());
    }

    /// Nobody reaches through the server what stands beside it, unless the one who runs it says so.
    async fn private_addresses_are_refused(app: TestApp) {
        let admin = app.admin().await;
        let prometheus = FakePrometheus::start("7").await;
        let metric = latency(&admin, Avg).await;
        set_source(&admin, metric.id, &source(&prometheus)).await.unwrap();
        app.run_jobs().await;
        let reason = get(&app, metric.id).await.source.unwrap().last_error.unwrap();
        assert!(reason.contains("private address") && reason.contains("outbound.allow_private"), "{reason}");
        assert!(prometheus.requests().is_empty());
    }

    /// A metric is changed, moved and deleted; what it is called is looked after, and all of it is in the audit trail.
    async fn metrics_are_changed_moved_and_deleted(app: TestApp) {
        let admin = app.admin().await;
        let (one, two) = (add(&admin, NewMetric::named("Queue", "jobs")).await, add(&admin, NewMetric::named("Queue", "jobs")).await);
        assert_eq!((one.slug.as_str(), two.slug.as_str(), two.position), ("queue", "queue-2", 1));
        let patch = MetricPatch { slug: Some("queue".into()), ..MetricPatch::nothing() };
        let refusal = admin.patch::<Value>(&format!("/metrics/{}", two.id), &patch).await.unwrap_err();
        assert_eq!(refusal.code(), Code::SlugTaken);
        let patch = MetricPatch { unit: Some("items".into()), aggregation: Some(Max), ..MetricPatch::nothing() };
        let changed: Metric = admin.patch(&format!("/metrics/{}", two.id), &patch).await.unwrap();
        assert_eq!((changed.unit.as_str(), changed.aggregation, changed.name.as_str()), ("items", Max, "Queue"));
        let order = ReorderMetrics {
            page_id: None,
            metrics: vec![MetricPlace { id: two.id, position: 0 }, MetricPlace { id: one.id, position: 1 }],
        };
        admin.post::<()>("/metrics/reorder", &order).await.unwrap();
        let list = admin.get::<shared::list::MetricList>("/metrics?limit=1").await.unwrap();
        assert_eq!((list.items[0].id, list.next_cursor.is_some()), (two.id, true));
        push(&admin, one.id, &[(app.clock.now(), 1.0)]).await;
        admin.delete(&format!("/metrics/{}", one.id)).await.unwrap();
        assert_eq!(metric_rollup::Entity::find().count(&app.cx.db).await.unwrap(), 0);
        let wrong = NewMetric { unit: String::new(), places: Some(7), ..NewMetric::named("", "x") };
        let refusal = admin.api().create_metric(&wrong).await.told().unwrap_err();
        assert_eq!(refusal.fields(), ["name", "unit", "places"]);
        let actions: Value = admin.get("/audit").await.unwrap();
        for action in ["metric.create", "metric.update", "metric.reorder", "metric.delete"] {
            assert!(actions.to_string().contains(action), "{action}");
        }
    }

    /// Editors push; only those who run the page say what is measured; viewers look.
    async fn who_may_do_what(app: TestApp) {
        let metric = latency(&app.admin().await, Avg).await;
        let (editor, viewer) = (app.member(Role::Editor).await, app.member(Role::Viewer).await);
        let point = NewMetricPoints::one(1.0);
        assert!(editor.api().push_metric_points(metric.id.0, &point).await.told().is_ok());
        let refusal = viewer.api().push_metric_points(metric.id.0, &point).await.told().unwrap_err();
        assert_eq!(refusal.code(), Code::Forbidden);
        let refusal = editor.api().create_metric(&NewMetric::named("X", "x")).await.told().unwrap_err();
        assert_eq!(refusal.code(), Code::Forbidden);
        assert_eq!(viewer.get::<Metric>(&format!("/metrics/{}", metric.id)).await.unwrap().id, metric.id);
    }
}

/// Ten charts are read in as many questions as one.
#[tokio::test]
async fn ten_metrics_cost_as_many_queries_as_one() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let count = async || {
        let asked = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&asked);
        let mut cx = app.cx.as_system("test");
        cx.db.set_metric_callback(move |_| {
            counting.fetch_add(1, Ordering::SeqCst);
        });
        let metrics = metric_series::list(&cx, PageId(1), None).await.unwrap().metrics.len();
        (metrics, asked.load(Ordering::SeqCst))
    };
    for _ in 0..2 {
        let metric = latency(&admin, P95).await;
        push(&admin, metric.id, &[(app.clock.now(), 1.0)]).await;
    }
    let (metrics, queries) = count().await;
    assert_eq!(metrics, 2);
    for _ in 0..8 {
        latency(&admin, P95).await;
    }
    assert_eq!(count().await, (10, queries));
    for aggregation in MetricAggregation::ALL.iter().copied() {
        latency(&admin, aggregation).await;
    }
    let (metrics, all) = count().await;
    assert_eq!(
        (metrics, all),
        (16, queries + 2),
        "one for what the database adds up, one for the latest, one for quantiles"
    );
}
