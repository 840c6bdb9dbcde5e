//! What the attributes say.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{
    Data, DeriveInput, Error, Expr, Fields, GenericArgument, Ident, LitInt, LitStr, PathArguments,
    Result, Token, Type,
};

/// Versions, both ends included.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) min: i16,
    pub(crate) max: i16,
}

impl Versions {
    pub(crate) const NONE: Self = Self { min: 0, max: -1 };

    /// Reads `3`, `3-7` or `3+`.
    fn parse(text: &LitStr) -> Result<Self> {
        let value = text.value();
        let wrong = || Error::new(text.span(), "versions are written as 3, 3-7 or 3+");
        let number = |part: &str| part.parse::<i16>().map_err(|_| wrong());
        if let Some(min) = value.strip_suffix('+') {
            Ok(Self {
                min: number(min)?,
                max: i16::MAX,
            })
        } else if let Some((min, max)) = value.split_once('-') {
            Ok(Self {
                min: number(min)?,
                max: number(max)?,
            })
        } else {
            let only = number(&value)?;
            Ok(Self {
                min: only,
                max: only,
            })
        }
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self {
            min: self.min.max(other.min),
            max: self.max.min(other.max),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.min > self.max
    }
}

/// What a struct is in the protocol.
pub(crate) enum Role {
    /// A struct inside a message.
    Part,
    Data,
    Request {
        key: Ident,
        response: Ident,
    },
    Response {
        key: Ident,
    },
}

/// What a field is before it is set.
pub(crate) enum DefaultValue {
    /// Zero, false, empty.
    Unset,
    Null,
    Literal(Expr),
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The Rust name without `r#`.
    pub(crate) name: String,
    pub(crate) json_name: String,
    pub(crate) ty: Type,
    pub(crate) versions: Versions,
    pub(crate) nullable: Versions,
    pub(crate) default: DefaultValue,
    pub(crate) ignorable: bool,
    pub(crate) tag: Option<u32>,
    pub(crate) records: bool,
    pub(crate) classic: bool,
}

pub(crate) struct Structure {
    pub(crate) ident: Ident,
    pub(crate) role: Role,
    pub(crate) versions: Versions,
    pub(crate) flexible: Versions,
    pub(crate) fields: Vec<Field>,
    /// Whether it has `unknown_tagged_fields`.
    pub(crate) tagged: bool,
}

impl Structure {
    pub(crate) fn parse(input: &DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new(
                Span::call_site(),
                "only structs have a wire form",
            ));
        };
        let Fields::Named(named) = &data.fields else {
            return Err(Error::new(Span::call_site(), "the fields need names"));
        };
        let mut versions = None;
        let mut flexible = Versions::NONE;
        let mut key = None;
        let mut is_request = false;
        let mut response = None;
        let mut is_data = false;
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("wire")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("versions") {
                    versions = Some(Versions::parse(&meta.value()?.parse()?)?);
                } else if meta.path.is_ident("flexible") {
                    flexible = Versions::parse(&meta.value()?.parse()?)?;
                } else if meta.path.is_ident("data") {
                    is_data = true;
                } else if meta.path.is_ident("request") {
                    is_request = true;
                    key = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("response") {
                    response = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta.error("unknown attribute"));
                }
                Ok(())
            })?;
        }
        let role = match (is_data, is_request, key, response) {
            (false, true, Some(key), Some(response)) => Role::Request { key, response },
            (false, false, None, Some(key)) => Role::Response { key },
            (true, false, None, None) => Role::Data,
            (false, false, None, None) => Role::Part,
            _ => {
                let text = "a message is a request with its response, a response, or data";
                return Err(Error::new(Span::call_site(), text));
            }
        };
        let Some(versions) = versions else {
            return Err(Error::new(
                Span::call_site(),
                "the struct's versions are missing",
            ));
        };
        let mut fields = Vec::new();
        let mut tagged = false;
        for field in &named.named {
            let Some(ident) = field.ident.clone() else {
                continue;
            };
            if ident == "unknown_tagged_fields" {
                tagged = true;
                continue;
            }
            fields.push(Field::parse(field, ident, versions)?);
        }
        Ok(Self {
            ident: input.ident.clone(),
            role,
            versions,
            flexible: flexible.intersection(versions),
            fields,
            tagged,
        })
    }
}

impl Field {
    fn parse(field: &syn::Field, ident: Ident, structure: Versions) -> Result<Self> {
        let name = ident.unraw().to_string();
        let mut parsed = Self {
            json_name: camel_case(&name),
            name,
            ty: field.ty.clone(),
            versions: Versions::NONE,
            nullable: Versions::NONE,
            default: DefaultValue::Unset,
            ignorable: false,
            tag: None,
            records: false,
            classic: false,
            ident,
        };
        let attribute = field.attrs.iter().find(|a| a.path().is_ident("wire"));
        let Some(attribute) = attribute else {
            return Err(Error::new(
                parsed.ident.span(),
                "the field's versions are missing",
            ));
        };
        attribute.parse_args_with(|input: ParseStream<'_>| parsed.parse_attribute(input))?;
        parsed.versions = parsed.versions.intersection(structure);
        parsed.nullable = parsed.nullable.intersection(parsed.versions);
        if parsed.versions.is_empty() {
            return Err(Error::new(
                parsed.ident.span(),
                "the struct has none of the field's versions",
            ));
        }
        if parsed.nullable.is_empty() == parsed.option().is_some() {
            return Err(Error::new(
                parsed.ident.span(),
                "nullable fields, and no others, are an Option",
            ));
        }
        Ok(parsed)
    }

    fn parse_attribute(&mut self, input: ParseStream<'_>) -> Result<()> {
        self.versions = Versions::parse(&input.parse()?)?;
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            let key = Ident::parse_any(input)?;
            if key == "ignorable" {
                self.ignorable = true;
            } else if key == "records" {
                self.records = true;
            } else if key == "classic" {
                self.classic = true;
            } else {
                input.parse::<Token![=]>()?;
                if key == "nullable" {
                    self.nullable = Versions::parse(&input.parse()?)?;
                } else if key == "tag" {
                    self.tag = Some(input.parse::<LitInt>()?.base10_parse()?);
                } else if key == "name" {
                    self.json_name = input.parse::<LitStr>()?.value();
                } else if key == "default" {
                    let value: Expr = input.parse()?;
                    let is_null = matches!(&value, Expr::Path(path) if path.path.is_ident("null"));
                    self.default = if is_null {
                        DefaultValue::Null
                    } else {
                        DefaultValue::Literal(value)
                    };
                } else {
                    return Err(Error::new(key.span(), "unknown attribute"));
                }
            }
        }
        Ok(())
    }

    /// `T` of an `Option<T>`.
    pub(crate) fn option(&self) -> Option<&Type> {
        let Type::Path(path) = &self.ty else {
            return None;
        };
        let last = path.path.segments.last()?;
        if last.ident != "Option" {
            return None;
        }
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        match arguments.args.first()? {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        }
    }
}

fn camel_case(snake: &str) -> String {
    let mut camel = String::new();
    let mut upper = false;
    for letter in snake.chars() {
        if letter == '_' {
            upper = true;
        } else if upper {
            camel.extend(letter.to_uppercase());
            upper = false;
        } else {
            camel.push(letter);
        }
    }
    camel
}
