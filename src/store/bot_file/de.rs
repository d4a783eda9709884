//! Reads values out of a tree, and says which one is wrong where.
//!
//! Nothing is bent into shape: a number is no text, and `1.10` as a version would be another one.

use std::fmt::Display;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::fault::{Fault, Path, Result};
use super::nearest::suggestion;
use super::scalar::{self, Plain, Whole};
use super::tree::{Key, Node, Value};
pub(super) use crate::protocol::check::short;

/// What the tree holds, as a value of this type. `prefix` begins all paths.
pub(super) fn from_tree<'de, T: Deserialize<'de>>(node: &'de Node<'de>, prefix: &str) -> Result<T> {
    let path = Path::Root(prefix);
    T::deserialize(From { node, path: &path }).map_err(|fault| fault.locate(node.place, &path))
}

impl Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let suggestion = suggestion(field, expected.iter().copied());
        Self::new(format!("there is no field {field:?} here; {suggestion}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let suggestion = suggestion(variant, expected.iter().copied());
        Self::new(format!("{variant:?} is not allowed; {suggestion}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("is missing").below(field)
    }
}

#[derive(Clone, Copy)]
struct From<'p, 'de> {
    node: &'de Node<'de>,
    path: &'p Path<'p>,
}

impl<'de> From<'_, 'de> {
    /// Says that something else belongs here.
    fn wrong(self, wanted: &str) -> Fault {
        let is = match &self.node.value {
            Value::Text(text) => format!("the text {:?}", short(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a group of fields".to_owned(),
            Value::Plain(text) => match scalar::plain(text) {
                Plain::Null => return self.fault(format!("must be {wanted}, but is empty")),
                Plain::Bool(_) | Plain::Whole(_) | Plain::Float(_) if wanted == "text" => {
                    let hint = format!("must be text, but {text} is not; write \"{text}\"");
                    return self.fault(hint);
                }
                Plain::Bool(_) => format!("{text}"),
                Plain::Whole(_) | Plain::Float(_) => format!("the number {text}"),
                Plain::Text(text) => format!("the text {:?}", short(text)),
            },
        };
        self.fault(format!("must be {wanted}, but is {is}"))
    }

    fn fault(self, message: String) -> Fault {
        Fault::new(message).locate(self.node.place, self.path)
    }

    fn text(self) -> Result<&'de str> {
        match &self.node.value {
            Value::Text(text) => Ok(text),
            Value::Plain(text) => match scalar::plain(text) {
                Plain::Text(text) => Ok(text),
                Plain::Null | Plain::Bool(_) | Plain::Whole(_) | Plain::Float(_) => {
                    Err(self.wrong("text"))
                }
            },
            Value::List(_) | Value::Map(_) => Err(self.wrong("text")),
        }
    }

    fn scalar(self) -> Option<Plain<'de>> {
        match &self.node.value {
            Value::Plain(text) => Some(scalar::plain(text)),
            Value::Text(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn whole<T: TryFrom<u64> + TryFrom<i64>>(self) -> Result<T> {
        let number = match self.scalar() {
            Some(Plain::Whole(Whole::Positive(number))) => T::try_from(number).ok(),
            Some(Plain::Whole(Whole::Negative(number))) => T::try_from(number).ok(),
            Some(Plain::Null | Plain::Bool(_) | Plain::Float(_) | Plain::Text(_)) | None => {
                return Err(self.wrong("a whole number"));
            }
        };
        number.ok_or_else(|| self.wrong("a whole number that is not so large or small"))
    }

    fn number<T: std::str::FromStr>(self) -> Result<T> {
        let number = match (&self.node.value, self.scalar()) {
            // From the digits themselves: by way of a longer float it would not be the same.
            (Value::Plain(text), Some(Plain::Whole(_) | Plain::Float(_))) => {
                text.trim_start_matches('+').replace(".inf", "inf").replace(".nan", "nan").parse()
            }
            (_, _) => return Err(self.wrong("a number")),
        };
        number.map_err(|_bad| self.wrong("a decimal number"))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.whole::<$type>()?)
        })*
    };
}

impl<'de> Deserializer<'de> for From<'_, 'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.node.value {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
            Value::Plain(text) => match scalar::plain(text) {
                Plain::Null => visitor.visit_unit(),
                Plain::Bool(value) => visitor.visit_bool(value),
                Plain::Whole(Whole::Positive(number)) => visitor.visit_u64(number),
                Plain::Whole(Whole::Negative(number)) => visitor.visit_i64(number),
                Plain::Float(number) => visitor.visit_f64(number),
                Plain::Text(text) => visitor.visit_borrowed_str(text),
            },
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.scalar() {
            Some(Plain::Bool(value)) => visitor.visit_bool(value),
            Some(Plain::Null | Plain::Whole(_) | Plain::Float(_) | Plain::Text(_)) | None => {
                Err(self.wrong("true or false"))
            }
        }
    }

    whole_numbers! {
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f32(self.number()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.scalar() {
            Some(Plain::Null) => visitor.visit_none(),
            Some(Plain::Bool(_) | Plain::Whole(_) | Plain::Float(_) | Plain::Text(_)) | None => {
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.node.value {
            Value::List(items) => {
                visitor.visit_seq(Items { rest: items, index: 0, path: self.path })
            }
            Value::Plain(_) | Value::Text(_) | Value::Map(_) => Err(self.wrong("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.node.value {
            Value::Map(fields) => {
                visitor.visit_map(Fields { rest: fields, value: None, path: self.path })
            }
            Value::Plain(_) | Value::Text(_) | Value::List(_) => {
                Err(self.wrong("a group of fields"))
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(Word(self.text()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Items<'p, 'de> {
    rest: &'de [Node<'de>],
    index: usize,
    path: &'p Path<'p>,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some((node, rest)) = self.rest.split_first() else { return Ok(None) };
        let path = Path::Item(self.path, self.index);
        self.rest = rest;
        self.index += 1;
        let value = seed.deserialize(From { node, path: &path });
        value.map(Some).map_err(|fault| fault.locate(node.place, &path))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Fields<'p, 'de> {
    rest: &'de [(Key<'de>, Node<'de>)],
    value: Option<(&'de str, &'de Node<'de>)>,
    path: &'p Path<'p>,
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(((key, node), rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        self.value = Some((&key.name, node));
        let name = serde::de::value::BorrowedStrDeserializer::new(&key.name);
        let read = seed.deserialize(name).map(Some);
        read.map_err(|fault: Fault| fault.locate(key.place, &Path::Field(self.path, &key.name)))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let Some((name, node)) = self.value.take() else {
            return Err(Fault::new("a value was asked for before its name"));
        };
        let path = Path::Field(self.path, name);
        seed.deserialize(From { node, path: &path })
            .map_err(|fault| fault.locate(node.place, &path))
    }
}

/// A variant without anything in it.
struct Word<'de>(&'de str);

impl<'de> EnumAccess<'de> for Word<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let word = serde::de::value::BorrowedStrDeserializer::<Fault>::new(self.0);
        Ok((seed.deserialize(word)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value> {
        Err(self.is_no_word())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value> {
        Err(self.is_no_word())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value> {
        Err(self.is_no_word())
    }
}

impl Word<'_> {
    fn is_no_word(&self) -> Fault {
        Fault::new(format!("{:?} must hold more than a word", self.0))
    }
}
