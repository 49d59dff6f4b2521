//! Values out of JSON and back, with little code for each type.
//!
//! `serde_json` makes a parser of every type that is read, which is fast, and large: a browser downloads each of them. Here
//! the text is parsed once, to a tree, and a type takes out of the tree what it needs. Structs are read from objects only:
//! nobody sends them as lists, and the code for it would be a third of all. Errors name kinds and not values, and numbers
//! are written by the browser, for printing them takes tables that weigh more than the rest.

use std::fmt::{self, Display};

#[cfg(feature = "admin")]
use serde::Serialize;
use serde::de::value::StringDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

/// Why a text is not what was asked for.
#[derive(Debug, PartialEq)]
pub struct Unreadable(String);

type Found<T> = Result<T, Unreadable>;

/// The value that stands in a text.
pub fn read<T: DeserializeOwned>(text: &str) -> Found<T> {
    T::deserialize(parse(text)?)
}

fn parse(text: &str) -> Found<Tree> {
    serde_json::from_str(text).map_err(Unreadable::custom)
}

/// The value as a text.
#[cfg(feature = "admin")]
pub fn write(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, writing::Plain);
    // What we send are plain structs: there is nothing in them that JSON cannot say, and it is UTF-8.
    if value.serialize(&mut serializer).is_err() {
        return String::new();
    }
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(feature = "admin")]
mod writing {
    use std::io;

    /// As short as it gets.
    pub struct Plain;

    impl serde_json::ser::Formatter for Plain {
        fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
            writer.write_all(crate::number::write(value).as_bytes())
        }
    }
}

impl Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl serde::de::Error for Unreadable {
    fn custom<T: Display>(text: T) -> Self {
        Self(text.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self(format!("{wanted} was expected"))
    }

    fn invalid_value(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self(format!("{wanted} was expected"))
    }
}

/// What was parsed and is to become a value.
enum Tree {
    Nothing,
    Truth(bool),
    Count(u64),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Tree {
    fn object(self) -> Found<Fields> {
        match self {
            Self::Object(fields) => Ok(Fields {
                rest: fields.into_iter(),
                value: Self::Nothing,
            }),
            other => Err(other.is_no("an object")),
        }
    }

    fn list(self) -> Found<Items> {
        match self {
            Self::List(items) => Ok(Items(items.into_iter())),
            other => Err(other.is_no("a list")),
        }
    }

    fn text(self) -> Found<String> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.is_no("a text")),
        }
    }

    fn truth(self) -> Found<bool> {
        match self {
            Self::Truth(truth) => Ok(truth),
            other => Err(other.is_no("yes or no")),
        }
    }

    fn whole(self) -> Found<i64> {
        let whole = match &self {
            Self::Count(count) => i64::try_from(*count).ok(),
            Self::Whole(whole) => Some(*whole),
            _ => None,
        };
        whole.ok_or_else(|| self.is_no("a whole number"))
    }

    fn count(self) -> Found<u64> {
        match self {
            Self::Count(count) => Ok(count),
            other => Err(other.is_no("a count")),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "as JSON's numbers are read everywhere")]
    fn number(self) -> Found<f64> {
        match self {
            Self::Count(count) => Ok(count as f64),
            Self::Whole(whole) => Ok(whole as f64),
            Self::Number(number) => Ok(number),
            other => Err(other.is_no("a number")),
        }
    }

    fn is_no(&self, wanted: &str) -> Unreadable {
        let found = match self {
            Self::Nothing => "null",
            Self::Truth(_) => "yes or no",
            Self::Count(_) | Self::Whole(_) | Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        };
        Unreadable([wanted, " was expected and not ", found].concat())
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Planting)
    }
}

/// Makes a tree of whatever comes.
struct Planting;

impl<'de> Visitor<'de> for Planting {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Nothing)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Tree, E> {
        Ok(Tree::Truth(truth))
    }

    fn visit_u64<E>(self, count: u64) -> Result<Tree, E> {
        Ok(Tree::Count(count))
    }

    fn visit_i64<E>(self, whole: i64) -> Result<Tree, E> {
        Ok(Tree::Whole(whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = all.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = all.next_entry()? {
            fields.push(field);
        }
        Ok(Tree::Object(fields))
    }
}

/// What a type asks for, where it is got from, and how it is handed over.
macro_rules! answers {
    ($($method:ident: $get:ident, $visit:ident;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
            visitor.$visit(self.$get()?)
        }
    )+};
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Unreadable;

    answers! {
        deserialize_bool: truth, visit_bool;
        deserialize_i8: whole, visit_i64;
        deserialize_i16: whole, visit_i64;
        deserialize_i32: whole, visit_i64;
        deserialize_i64: whole, visit_i64;
        deserialize_u8: count, visit_u64;
        deserialize_u16: count, visit_u64;
        deserialize_u32: count, visit_u64;
        deserialize_u64: count, visit_u64;
        deserialize_f32: number, visit_f64;
        deserialize_f64: number, visit_f64;
        deserialize_str: text, visit_string;
        deserialize_string: text, visit_string;
        deserialize_identifier: text, visit_string;
        deserialize_seq: list, visit_seq;
        deserialize_map: object, visit_map;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        match self {
            Self::Nothing => visitor.visit_unit(),
            Self::Truth(truth) => visitor.visit_bool(truth),
            Self::Count(count) => visitor.visit_u64(count),
            Self::Whole(whole) => visitor.visit_i64(whole),
            Self::Number(number) => visitor.visit_f64(number),
            Self::Text(text) => visitor.visit_string(text),
            list @ Self::List(_) => visitor.visit_seq(list.list()?),
            object @ Self::Object(_) => visitor.visit_map(object.object()?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        match self {
            Self::Nothing => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Found<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Found<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Found<V::Value> {
        visitor.visit_map(self.object()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Found<V::Value> {
        visitor.visit_seq(self.list()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Found<V::Value> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit_struct tuple_struct }
}

/// The items of a list, one after the other.
struct Items(std::vec::IntoIter<Tree>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Found<Option<T::Value>> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of an object, a name and its value in turn.
struct Fields {
    rest: std::vec::IntoIter<(String, Tree)>,
    /// That of the name that was asked for last.
    value: Tree,
}

impl Fields {
    fn step(&mut self) -> Option<String> {
        let (name, value) = self.rest.next()?;
        self.value = value;
        Some(name)
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Found<Option<K::Value>> {
        self.step().map(|name| seed.deserialize(word(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Found<V::Value> {
        seed.deserialize(std::mem::replace(&mut self.value, Tree::Nothing))
    }
}

fn word(text: String) -> StringDeserializer<Unreadable> {
    text.into_deserializer()
}

/// An enum is a word, or an object of one field: the word and what belongs to it.
impl<'de> EnumAccess<'de> for Tree {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Found<(V::Value, Self)> {
        let (name, content) = match self {
            Self::Text(name) => (name, Self::Nothing),
            other => {
                let mut fields = other.object()?;
                (fields.step().unwrap_or_default(), fields.value)
            }
        };
        Ok((seed.deserialize(word(name))?, content))
    }
}

impl<'de> VariantAccess<'de> for Tree {
    type Error = Unreadable;

    fn unit_variant(self) -> Found<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Found<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Found<V::Value> {
        visitor.visit_seq(self.list()?)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Found<V::Value> {
        visitor.visit_map(self.object()?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::Value;
    use shared::Timestamp;
    use shared::component::ComponentStatus;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[cfg_attr(feature = "admin", derive(Serialize))]
    struct Everything {
        id: shared::PageId,
        at: Timestamp,
        status: ComponentStatus,
        share: f64,
        count: Option<u8>,
        #[serde(default)]
        is_left_out: bool,
        times: [String; 2],
        more: BTreeMap<String, Value>,
        shapes: Vec<Shape>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[cfg_attr(feature = "admin", derive(Serialize))]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Dot,
        Ring(i32),
        Box { width: i64 },
    }

    const TEXT: &str = r#"{
        "id": 7, "at": "2026-11-24T10:00:00.000Z", "status": "major_outage", "share": 2, "count": null, "new": [{}],
        "times": ["a", "b"], "more": { "deep": [1, -2, 0.5, "ü", true, null] },
        "shapes": ["dot", { "ring": -3 }, { "box": { "width": 4 } }]
    }"#;

    #[test]
    fn it_reads_what_serde_json_reads() {
        let ours = read::<Everything>(TEXT).unwrap();
        assert_eq!(ours, serde_json::from_str(TEXT).unwrap());
        assert_eq!(ours.shapes, [Shape::Dot, Shape::Ring(-3), Shape::Box { width: 4 }]);
        assert_eq!(read::<()>("null"), Ok(()));
        assert_eq!(read::<Option<u8>>("255"), Ok(Some(255)));
    }

    #[cfg(feature = "admin")]
    #[test]
    fn what_is_written_reads_the_same() {
        let value = read::<Everything>(TEXT).unwrap();
        assert_eq!(read::<Everything>(&write(&value)), Ok(value));
        assert_eq!(write(&[0.5, -2.0, f64::NAN]), "[0.5,-2,null]");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let why = |text: &str| read::<Everything>(text).unwrap_err().to_string();
        assert!(why("{").contains("EOF"));
        assert_eq!(why("[]"), "an object was expected and not a list");
        assert_eq!(why("{}"), "missing field `id`");
        assert_eq!(why(r#"{ "id": "7" }"#), "a whole number was expected and not a text");
        assert!(why(r#"{ "status": "gone" }"#).contains("unknown variant `gone`"));
        assert_eq!(read::<u8>("256").unwrap_err().to_string(), "u8 was expected");
    }
}
