//! Templates, as operators write them beforehand and publish from them when something happens.

use std::collections::BTreeMap;

use harness::Client;
use harness::client::Answer;
use shared::ComponentId;
use shared::access::Role;
use shared::component::ComponentStatus;
use shared::incident::{ComponentEffect, Impact, Incident, IncidentStatus, NewIncident};
use shared::list::TemplateList;
use shared::problem::{Code, FieldCode};
use shared::template::{
    NewTemplate, RenderTemplate, RenderedTemplate, Template, TemplateKind, TemplatePatch, TemplateVariable,
    VariableKind,
};

use ComponentStatus::{DegradedPerformance, MajorOutage};

fn incident(name: &str, title: &str, message: &str) -> NewTemplate {
    NewTemplate {
        page_id: None,
        kind: TemplateKind::Incident,
        name: name.into(),
        title: Some(title.into()),
        message: message.into(),
        status: None,
        impact: None,
        components: Vec::new(),
        variables: Vec::new(),
    }
}

fn variable(name: &str, kind: VariableKind) -> TemplateVariable {
    TemplateVariable {
        kind,
        ..TemplateVariable::text(name, format!("The {name}"))
    }
}

fn needed(variable: TemplateVariable) -> TemplateVariable {
    TemplateVariable {
        is_required: Some(true),
        ..variable
    }
}

async fn keep(admin: &Client, input: &NewTemplate) -> Answer<Template> {
    admin.post("/templates", input).await
}

async fn fill(client: &Client, template: &Template, values: &[(&str, &str)]) -> Answer<RenderedTemplate> {
    let variables = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let input = RenderTemplate {
        variables: variables.collect::<BTreeMap<_, _>>(),
    };
    client.post(&format!("/templates/{}/render", template.id), &input).await
}

/// What a provider's outage says, with one gap of each kind.
fn provider_outage(website: ComponentId) -> NewTemplate {
    let cause = TemplateVariable {
        options: vec!["power".into(), "network".into()],
        default: Some("network".into()),
        ..variable("cause", VariableKind::Choice)
    };
    let part = TemplateVariable {
        component_status: Some(MajorOutage),
        ..needed(variable("part", VariableKind::Component))
    };
    NewTemplate {
        status: Some(IncidentStatus::Identified),
        impact: Some(Impact::Critical),
        components: vec![ComponentEffect {
            id: website,
            status: DegradedPerformance,
        }],
        variables: vec![
            needed(variable("provider", VariableKind::Text)),
            cause,
            part,
            variable("minutes", VariableKind::Number),
            variable("next_update", VariableKind::DateTime),
            variable("details", VariableKind::LongText),
        ],
        ..incident(
            "Provider outage",
            "{{ part }} is down: {{ provider }}",
            "{{ provider }} has trouble with its **{{ cause }}**.\n\
             {% if minutes and minutes > 30 %}\nThis takes long: {{ minutes }} minutes.\n{% endif %}\n\
             {% if next_update %}\nNext update: {{ next_update }}.\n{% endif %}\n\
             {{ details }}\nAffected: {{ components | join(', ') }}. See {{ page.url }}.\n",
        )
    }
}

harness::on_every_database! {
    /// The main job: written beforehand, filled in at three in the morning, and published with what came out.
    async fn an_incident_is_published_from_a_template(app: TestApp) {
        let admin = app.admin().await;
        let (api, website) = (app.seed().component("API").await, app.seed().component("Website").await);
        let template = keep(&admin, &provider_outage(website.id)).await.unwrap();
        let found: Template = admin.get(&format!("/templates/{}", template.id)).await.unwrap();
        assert_eq!((&found, found.variables.len()), (&template, 6));

        let part = api.id.to_string();
        let values = [("provider", "Paylane <EU>"), ("part", part.as_str()), ("minutes", "45"), ("next_update", "2026-11-24T11:00:00Z")];
        let written = fill(&admin, &template, &values).await.unwrap();
        assert_eq!(written.title.as_deref(), Some("API is down: Paylane <EU>"));
        assert_eq!((written.status, written.impact), (Some(IncidentStatus::Identified), Some(Impact::Critical)));
        for words in ["Paylane <EU> has trouble with its **network**.", "long: 45 minutes", "2026-11-24 11:00 UTC", "Affected: Website, API.", &app.base] {
            assert!(written.message.contains(words), "{words} is missing: {}", written.message);
        }
        let effect = |id, status| ComponentEffect { id, status };
        assert_eq!(written.components, [effect(website.id, DegradedPerformance), effect(api.id, MajorOutage)]);

        let input = NewIncident {
            status: written.status,
            impact: written.impact,
            components: written.components,
            ..NewIncident::investigating(written.title.unwrap()).saying(written.message)
        };
        let incident: Incident = admin.post("/incidents", &input).await.unwrap();
        let (status, html) = app.visitor().page(&format!("/incidents/{}", incident.code)).await;
        assert!(status == 200 && html.contains("<strong>network</strong>") && html.contains("Paylane &lt;EU&gt;"), "{html}");
    }

    /// What is wrong with the values is told at each of them.
    async fn wrong_values_are_told_at_their_gaps(app: TestApp) {
        let admin = app.admin().await;
        let website = app.seed().component("Website").await;
        let template = keep(&admin, &provider_outage(website.id)).await.unwrap();
        let values = [("cause", "magic"), ("part", "4711"), ("minutes", "many"), ("next_update", "soon"), ("provder", "Paylane")];
        let refusal = fill(&admin, &template, &values).await.unwrap_err();
        let expected = ["variables.provder", "variables.provider", "variables.cause", "variables.minutes", "variables.next_update"];
        assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, expected.to_vec()));
        let refusal = fill(&admin, &template, &[("provider", "Paylane"), ("part", "4711")]).await.unwrap_err();
        assert_eq!(refusal.fields(), ["variables.part"]);
        assert!(refusal.problem.errors[0].message.contains("4711"));
    }

    /// What could not be filled in later is refused now, with its line and the name nobody knows.
    async fn a_broken_template_is_refused_when_it_is_kept(app: TestApp) {
        let admin = app.admin().await;
        let hidden = "{% if details %}\n{{ detials }}\n{% endif %}Hm";
        let optional = || vec![variable("details", VariableKind::Text)];
        let cases = [
            (incident("A", "Down", "One\n{{ now"), "message", "line 2"),
            (incident("A", "Down {% if %}", "One"), "title", "line 1"),
            (NewTemplate { variables: optional(), ..incident("A", "Down", hidden) }, "message", "\"detials\""),
            (incident("A", "Down", "{{ page.nmae }}"), "message", "page.nmae"),
            (incident("A", "Down", "{% include 'layout.html' %}"), "message", "other templates"),
            (incident("A", "Down", "{{ 'x' * 1000000000 }}"), "message", "too many steps"),
            (NewTemplate { variables: optional(), ..incident("A", "{{ details }}", "One") }, "title", "is empty"),
        ];
        for (input, field, words) in cases {
            let refusal = keep(&admin, &input).await.unwrap_err();
            assert_eq!((refusal.code(), refusal.fields()), (Code::Invalid, vec![field]), "{}", input.message);
            let error = &refusal.problem.errors[0];
            assert!(error.message.contains(words), "{}", error.message);
            assert!([FieldCode::BadTemplate, FieldCode::Required].contains(&error.code));
        }
        let list: TemplateList = admin.get("/templates").await.unwrap();
        assert!(list.items.is_empty());
    }

    /// Names are there once on a page; a change is checked as a whole; a component that goes leaves its templates.
    async fn templates_are_changed_and_deleted(app: TestApp) {
        let admin = app.admin().await;
        let website = app.seed().component("Website").await;
        let template = keep(&admin, &provider_outage(website.id)).await.unwrap();
        let refusal = keep(&admin, &provider_outage(website.id)).await.unwrap_err();
        assert_eq!((refusal.code(), refusal.fields()), (Code::Conflict, vec!["name"]));

        let path = format!("/templates/{}", template.id);
        let patch = |message: &str, variables| TemplatePatch {
            name: None,
            title: Some("{{ provider }}".into()),
            message: Some(message.into()),
            status: shared::Patch::Clear,
            impact: shared::Patch::Keep,
            components: None,
            variables,
        };
        let provider = vec![needed(variable("provider", VariableKind::Text))];
        let refusal = admin.patch::<Template>(&path, &patch("{{ cause }}", Some(provider.clone()))).await.unwrap_err();
        assert_eq!(refusal.fields(), ["message"], "it names a variable that is gone");
        let changed: Template = admin.patch(&path, &patch("Down.", Some(provider))).await.unwrap();
        assert_eq!((changed.status, changed.impact, changed.components.len()), (None, Some(Impact::Critical), 1));
        admin.delete(&format!("/components/{}", website.id)).await.unwrap();
        let changed: Template = admin.get(&path).await.unwrap();
        assert!(changed.components.is_empty());
        admin.delete(&path).await.unwrap();
        assert_eq!(admin.get::<Template>(&path).await.unwrap_err().code(), Code::NotFound);
    }

    /// Editors write templates; viewers read them, fill them in and change nothing.
    async fn viewers_read_templates_and_change_none(app: TestApp) {
        let editor = app.member(Role::Editor).await;
        let update = NewTemplate { kind: TemplateKind::IncidentUpdate, title: None, ..incident("Still looking", "", "We are still looking, {{ now }}.") };
        for name in ["Still looking", "Another", "Zoo"] {
            keep(&editor, &NewTemplate { name: name.into(), ..update.clone() }).await.unwrap();
        }
        let viewer = app.member(Role::Viewer).await;
        let list: TemplateList = viewer.get("/templates?kind=incident_update&limit=2").await.unwrap();
        let names: Vec<_> = list.items.iter().map(|template| template.name.as_str()).collect();
        assert_eq!(names, ["Another", "Still looking"]);
        let rest: TemplateList = viewer.get(&format!("/templates?limit=2&cursor={}", list.next_cursor.unwrap())).await.unwrap();
        assert_eq!(rest.items[0].name, "Zoo");
        let written = fill(&viewer, &list.items[0], &[]).await.unwrap();
        assert_eq!((written.title, written.message.as_str()), (None, "We are still looking, 2026-11-24 10:00 UTC."));
        assert_eq!(keep(&viewer, &update).await.unwrap_err().code(), Code::Forbidden);
    }
}
