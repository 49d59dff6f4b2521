//! Filling templates in: for a person who asks, and to try one out before it is kept. How a text with gaps is read is
//! `template_text`'s part.

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use shared::incident::ComponentEffect;
use shared::problem::FieldCode;
use shared::status_page::PublicPage;
use shared::template::{self as rules, NewTemplate, RenderTemplate, RenderedTemplate, TemplateVariable, VariableKind};
use shared::text::{NAME_MAX, PROSE_MAX};
use shared::{Check, ComponentId, PageId, TemplateId, Timestamp};

use super::template_text::{self as texts, Gapped, Known};
use super::{incident, page, status_page, template};
use crate::context::{Ctx, Tx};
use crate::entity::{component, page as page_row};
use crate::error::{Error, Result};

/// The names of components.
type Names = HashMap<ComponentId, String>;

/// Fills a template in. Nothing is kept or published.
pub async fn render(cx: &Ctx, id: TemplateId, input: RenderTemplate) -> Result<RenderedTemplate> {
    let template = template::get(cx, id).await?;
    let mut check = Check::default();
    rules::values(&mut check, &template.variables, &input.variables);
    check.done()?;
    let page = page::resolve(cx, Some(template.page_id)).await?;
    let chosen = chosen(&template.variables, &input.variables);
    let ids = ids_of(&template.components, &chosen);
    let names = names(&cx.db, page.id, &ids).await?;
    must_be_known(&chosen, &names, |variable| format!("variables.{}", variable.name))?;

    let scene = Scene::of(cx, &page, &names);
    let components = affected(&template.components, &chosen);
    let known = scene.known(&template.variables, &components, |variable| {
        variable.value(input.variables.get(&variable.name)).to_owned()
    });
    let (title, message) = written(template.title.as_deref(), &template.message, &known)?;
    Ok(RenderedTemplate {
        kind: template.kind,
        title,
        message,
        status: template.status,
        impact: template.impact,
        components,
    })
}

/// Refuses what is not on the page, and texts that cannot be filled in: with all values, and with those alone that are needed.
pub(super) async fn try_out(tx: &Tx<'_>, page: &page_row::Model, input: &NewTemplate) -> Result<()> {
    incident::check_components(tx, page.id, &input.components).await?;
    let defaults = chosen(&input.variables, &BTreeMap::new());
    let names = names(tx.conn(), page.id, &ids_of(&input.components, &defaults)).await?;
    let place = |variable: &TemplateVariable| {
        let at = input.variables.iter().position(|other| other.name == variable.name);
        format!("variables[{}].default", at.unwrap_or_default())
    };
    must_be_known(&defaults, &names, place)?;

    let scene = Scene::of(tx.cx, page, &names);
    let sample = |variable: &TemplateVariable| sample(variable, tx.now());
    let needed = |variable: &TemplateVariable| match variable.is_required {
        Some(true) => sample(variable),
        _ => variable.value(None).to_owned(),
    };
    let all = scene.known(&input.variables, &input.components, sample);
    let least = scene.known(&input.variables, &input.components, needed);
    let title = input.title.as_deref().filter(|title| !title.is_empty());
    for (field, source) in [("title", title), ("message", Some(input.message.as_str()))] {
        if let Some(source) = source {
            texts::read(gapped(field, source), &all)?;
        }
    }
    written(title, &input.message, &all)?;
    written(title, &input.message, &least).map(drop)
}

fn gapped<'a>(field: &'static str, source: &'a str) -> Gapped<'a> {
    let max = if field == "title" { NAME_MAX } else { PROSE_MAX };
    Gapped { field, source, max }
}

/// Title and message with their gaps filled in. A title is one line, whatever was filled in.
fn written(title: Option<&str>, message: &str, known: &Known) -> Result<(Option<String>, String)> {
    let title = title
        .map(|source| texts::write(gapped("title", source), known))
        .transpose()?;
    let title = title.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    Ok((title, texts::write(gapped("message", message), known)?))
}

/// Something of the kind that a variable takes.
fn sample(variable: &TemplateVariable, now: Timestamp) -> String {
    match variable.value(None) {
        "" => match variable.kind {
            VariableKind::Text | VariableKind::LongText => variable.label.clone(),
            VariableKind::Number => "1".into(),
            VariableKind::Choice => variable.options.first().cloned().unwrap_or_default(),
            VariableKind::DateTime => now.to_string(),
            // Nothing has this id; it is written by its label.
            VariableKind::Component => "0".into(),
        },
        default => default.to_owned(),
    }
}

/// Where texts are written: the page, its clock and its components.
struct Scene<'a> {
    page: PublicPage,
    zone: Tz,
    now: Timestamp,
    names: &'a Names,
}

impl<'a> Scene<'a> {
    fn of(cx: &Ctx, page: &page_row::Model, names: &'a Names) -> Self {
        Self {
            page: status_page::public_page(cx, page),
            zone: page.time_zone.parse().unwrap_or(Tz::UTC),
            now: cx.clock.now(),
            names,
        }
    }

    fn known(
        &self,
        variables: &[TemplateVariable],
        components: &[ComponentEffect],
        given: impl Fn(&TemplateVariable) -> String,
    ) -> Known {
        let value = |variable: &TemplateVariable| {
            let given = given(variable);
            let value = texts::value(variable, &given, self.words(variable, &given));
            (variable.name.clone(), value)
        };
        let name = |effect: &ComponentEffect| self.names.get(&effect.id).cloned();
        Known {
            page_name: self.page.name.clone(),
            page_url: self.page.url.clone(),
            now: self.moment(self.now),
            components: components.iter().filter_map(name).collect(),
            values: variables.iter().map(value).collect(),
        }
    }

    /// What a moment or a component is called.
    fn words(&self, variable: &TemplateVariable, given: &str) -> Option<String> {
        match variable.kind {
            _ if given.is_empty() => None,
            VariableKind::DateTime => Timestamp::parse(given).ok().map(|at| self.moment(at)),
            VariableKind::Component => {
                let known = given.parse().ok().and_then(|id: ComponentId| self.names.get(&id));
                Some(known.unwrap_or(&variable.label).clone())
            }
            VariableKind::Text | VariableKind::LongText | VariableKind::Number | VariableKind::Choice => None,
        }
    }

    /// `2026-11-24 04:00 CET`, as in mails.
    fn moment(&self, at: Timestamp) -> String {
        at.to_utc()
            .with_timezone(&self.zone)
            .format("%Y-%m-%d %H:%M %Z")
            .to_string()
    }
}

/// Variables for components that are filled in, and with which.
fn chosen<'a>(
    variables: &'a [TemplateVariable],
    given: &BTreeMap<String, String>,
) -> Vec<(&'a TemplateVariable, ComponentId)> {
    let component = |variable: &'a TemplateVariable| {
        let id = variable.value(given.get(&variable.name)).parse().ok()?;
        Some((variable, id))
    };
    let are_components = variables
        .iter()
        .filter(|variable| variable.kind == VariableKind::Component);
    are_components.filter_map(component).collect()
}

/// The template's own components and those that were filled in; the latter know better.
fn affected(own: &[ComponentEffect], chosen: &[(&TemplateVariable, ComponentId)]) -> Vec<ComponentEffect> {
    let mut effects = own.to_vec();
    for (variable, id) in chosen {
        if let Some(status) = variable.component_status {
            effects.retain(|effect| effect.id != *id);
            effects.push(ComponentEffect { id: *id, status });
        }
    }
    effects
}

fn ids_of(own: &[ComponentEffect], chosen: &[(&TemplateVariable, ComponentId)]) -> Vec<ComponentId> {
    let own = own.iter().map(|effect| effect.id);
    own.chain(chosen.iter().map(|(_, id)| *id)).collect()
}

fn must_be_known(
    chosen: &[(&TemplateVariable, ComponentId)],
    names: &Names,
    field: impl Fn(&TemplateVariable) -> String,
) -> Result<()> {
    match chosen.iter().find(|(_, id)| !names.contains_key(id)) {
        None => Ok(()),
        Some((variable, id)) => Err(Error::field(
            field(variable),
            FieldCode::Unknown,
            format!("there is no component {id} on this page"),
        )),
    }
}

async fn names(conn: &impl ConnectionTrait, page: PageId, ids: &[ComponentId]) -> Result<Names> {
    let rows: Vec<(ComponentId, String)> = component::Entity::find()
        .select_only()
        .columns([component::Column::Id, component::Column::Name])
        .filter(component::Column::PageId.eq(page))
        .filter(component::Column::Id.is_in(ids.to_vec()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}
