//! A value as the tree that is written.

use serde::Serialize;
use serde::ser::{
    Impossible, SerializeMap, SerializeSeq, SerializeStruct, Serializer as SerdeSerializer,
};

use super::fault::{Fault, Result};

/// A value to be written, with its fields in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Out {
    /// Anything that is written as it stands: null, true, 1.5.
    Bare(String),
    Text(String),
    List(Vec<Out>),
    Map(Vec<(String, Out)>),
}

/// The tree of a value.
pub(super) fn to_out(value: &impl Serialize) -> Result<Out> {
    value.serialize(Serializer)
}

impl serde::ser::Error for Fault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

struct Serializer;

type No = Impossible<Out, Fault>;

fn unknown<T>(what: &str) -> Result<T> {
    Err(Fault::new(format!("{what} cannot be written to a bot's file")))
}

/// A number with a point, which older readers need to know a float.
fn float(shortest: String, is_finite: bool) -> Out {
    if !is_finite {
        return Out::Bare(format!(".{}", shortest.to_lowercase()).replace(".-", "-."));
    }
    let pointed = match shortest.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        Some(_) | None => shortest,
    };
    Out::Bare(pointed)
}

macro_rules! bare {
    ($($method:ident $type:ty;)*) => {
        $(fn $method(self, value: $type) -> Result<Out> {
            Ok(Out::Bare(value.to_string()))
        })*
    };
}

impl SerdeSerializer for Serializer {
    type Ok = Out;
    type Error = Fault;
    type SerializeSeq = List;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = No;

    bare! {
        serialize_bool bool;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
    }

    fn serialize_f32(self, value: f32) -> Result<Out> {
        Ok(float(format!("{value:?}"), value.is_finite()))
    }

    fn serialize_f64(self, value: f64) -> Result<Out> {
        Ok(float(format!("{value:?}"), value.is_finite()))
    }

    fn serialize_char(self, value: char) -> Result<Out> {
        Ok(Out::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Out> {
        Ok(Out::Text(value.to_owned()))
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<Out> {
        unknown("bytes")
    }

    fn serialize_none(self) -> Result<Out> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Out> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Out> {
        Ok(Out::Bare("null".to_owned()))
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Out> {
        unknown(name)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Out> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Out> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<Out> {
        unknown(name)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<List> {
        Ok(List(Vec::new()))
    }

    fn serialize_tuple(self, _len: usize) -> Result<No> {
        unknown("a tuple")
    }

    fn serialize_tuple_struct(self, name: &'static str, _len: usize) -> Result<No> {
        unknown(name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<No> {
        unknown(name)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Fields> {
        Ok(Fields::default())
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Fields> {
        Ok(Fields::default())
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<No> {
        unknown(name)
    }
}

struct List(Vec<Out>);

impl SerializeSeq for List {
    type Ok = Out;
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.0.push(value.serialize(Serializer)?);
        Ok(())
    }

    fn end(self) -> Result<Out> {
        Ok(Out::List(self.0))
    }
}

#[derive(Default)]
struct Fields {
    fields: Vec<(String, Out)>,
    key: String,
}

impl SerializeMap for Fields {
    type Ok = Out;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        match key.serialize(Serializer)? {
            Out::Text(key) | Out::Bare(key) => self.key = key,
            Out::List(_) | Out::Map(_) => return unknown("a list as the name of a field"),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = std::mem::take(&mut self.key);
        self.fields.push((key, value.serialize(Serializer)?));
        Ok(())
    }

    fn end(self) -> Result<Out> {
        Ok(Out::Map(self.fields))
    }
}

impl SerializeStruct for Fields {
    type Ok = Out;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        self.fields.push((name.to_owned(), value.serialize(Serializer)?));
        Ok(())
    }

    fn end(self) -> Result<Out> {
        Ok(Out::Map(self.fields))
    }
}
