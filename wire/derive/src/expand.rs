//! The code that comes of what the attributes say.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Type;

use crate::model::{DefaultValue, Field, Role, Structure, Versions};

pub(crate) fn expand(structure: &Structure) -> TokenStream {
    let parts = [
        value(structure),
        nullable(structure),
        default(structure),
        setters(structure),
        message(structure),
        json(structure),
    ];
    quote!(#(#parts)*)
}

/// A release build makes the code of a message where it is used, and none for the hundreds that a program does not use: a third of
/// the crate's build time. A debug build makes it once, with the crate, so that the crates above build fast.
fn value(structure: &Structure) -> TokenStream {
    let ident = &structure.ident;
    let schema = schema(structure);
    let read = read(structure);
    let write = write(structure);
    quote! {
        impl crate::codec::Value for #ident {
            const KIND: crate::codec::Kind = crate::codec::Kind::Struct(&#schema);

            #[cfg_attr(not(debug_assertions), inline)]
            fn read(decoder: &mut crate::codec::Decoder<'_>) -> Self {
                #read
            }

            #[cfg_attr(not(debug_assertions), inline)]
            fn write(&self, encoder: &mut crate::codec::Encoder) {
                #write
            }

            #[inline]
            fn is_unset(&self) -> bool {
                *self == Self::default()
            }
        }
    }
}

fn range(versions: Versions) -> TokenStream {
    let Versions { min, max } = versions;
    quote!(crate::codec::VersionRange::new(#min, #max))
}

fn schema(structure: &Structure) -> TokenStream {
    let name = structure.ident.to_string();
    let versions = range(structure.versions);
    let mut ordered: Vec<&Field> = structure.fields.iter().collect();
    ordered.sort_by_key(|field| field.tag.map_or(0, |tag| u64::from(tag) + 1));
    let fields = ordered.iter().map(|field| {
        let Field {
            name, ty, classic, ..
        } = field;
        let versions = range(field.versions);
        let nullable = range(field.nullable);
        let tag = match field.tag {
            Some(tag) => quote!(::core::option::Option::Some(#tag)),
            None => quote!(::core::option::Option::None),
        };
        quote! {
            crate::codec::Field {
                name: #name,
                versions: #versions,
                nullable: #nullable,
                tag: #tag,
                classic: #classic,
                kind: <#ty as crate::codec::Value>::KIND,
            }
        }
    });
    quote! {{
        const FIELDS: &[crate::codec::Field] = &[#(#fields),*];
        crate::codec::Structure {
            name: #name,
            size: ::core::mem::size_of::<Self>(),
            min_wire_size: crate::codec::Structure::min_wire_size_of(FIELDS, #versions),
            fields: FIELDS,
        }
    }}
}

/// `version` lies in `inner`, if that says more than that it lies in `outer`.
fn condition(inner: Versions, outer: Versions) -> Option<TokenStream> {
    let Versions { min, max } = inner;
    match (min > outer.min, max < outer.max) {
        (false, false) => None,
        (true, false) => Some(quote!(version >= #min)),
        (false, true) => Some(quote!(version <= #max)),
        (true, true) if min == max => Some(quote!(version == #min)),
        (true, true) => Some(quote!((#min..=#max).contains(&version))),
    }
}

fn default_value(field: &Field) -> TokenStream {
    match &field.default {
        DefaultValue::Null => quote!(::core::option::Option::None),
        DefaultValue::Literal(value) => quote!(#value),
        DefaultValue::Unset if field.option().is_some() => {
            quote!(::core::option::Option::Some(
                ::core::default::Default::default()
            ))
        }
        DefaultValue::Unset => quote!(::core::default::Default::default()),
    }
}

/// Whether the field is something else than its default.
fn is_set(field: &Field) -> TokenStream {
    let ident = &field.ident;
    match &field.default {
        DefaultValue::Null => quote!(self.#ident.is_some()),
        DefaultValue::Literal(value) => quote!(self.#ident != #value),
        DefaultValue::Unset => quote!(!crate::codec::Value::is_unset(&self.#ident)),
    }
}

/// Reads a field that the version has.
fn read_field(field: &Field) -> TokenStream {
    if field.classic {
        return quote!(decoder.classic_string());
    }
    let plain = quote!(crate::codec::Value::read(decoder));
    if field.option().is_none() {
        return plain;
    }
    match condition(field.nullable, field.versions) {
        None => plain,
        Some(nullable) => quote! {
            if #nullable { #plain } else { ::core::option::Option::Some(#plain) }
        },
    }
}

fn read(structure: &Structure) -> TokenStream {
    let mut uses_version = false;
    let mut fields = Vec::new();
    for field in &structure.fields {
        let ident = &field.ident;
        let default = default_value(field);
        let value = if field.tag.is_some() {
            default
        } else {
            let read = read_field(field);
            uses_version |= condition(field.nullable, field.versions).is_some();
            match condition(field.versions, structure.versions) {
                None => read,
                Some(present) => {
                    uses_version = true;
                    quote!(if #present { #read } else { #default })
                }
            }
        };
        fields.push(quote!(#ident: #value));
    }
    let mut arms = Vec::new();
    for field in &structure.fields {
        let Field {
            ident,
            tag: Some(tag),
            ..
        } = field
        else {
            continue;
        };
        let read = read_field(field);
        uses_version |= condition(field.nullable, field.versions).is_some();
        let guard = condition(field.versions, structure.versions).map(|present| {
            uses_version = true;
            quote!(if #present)
        });
        arms.push(quote!(#tag #guard => value.#ident = #read,));
    }
    let version = uses_version.then(|| quote!(let version = decoder.version();));
    if arms.is_empty() {
        let unknown = structure
            .tagged
            .then(|| quote!(unknown_tagged_fields: crate::codec::TaggedFields::read_all(decoder),));
        return quote! {
            #version
            Self { #(#fields,)* #unknown }
        };
    }
    quote! {
        #version
        let mut value = Self {
            #(#fields,)*
            unknown_tagged_fields: ::core::default::Default::default(),
        };
        if decoder.flexible() {
            let mut tags = decoder.tags();
            while let Some(tag) = decoder.next_tag(&mut tags) {
                match tag {
                    #(#arms)*
                    _ => value.unknown_tagged_fields.read_one(decoder, tag),
                }
            }
        }
        value
    }
}

fn write_field(structure: &Structure, field: &Field) -> TokenStream {
    let Field { ident, name, .. } = field;
    let structure_name = structure.ident.to_string();
    if field.classic {
        return quote! {
            match &self.#ident {
                Some(text) => encoder.classic_string(text),
                None => crate::codec::Value::write(&-1i16, encoder),
            }
        };
    }
    let plain = quote!(crate::codec::Value::write(&self.#ident, encoder));
    if field.option().is_none() {
        return quote!(#plain;);
    }
    match condition(field.nullable, field.versions) {
        None => quote!(#plain;),
        Some(nullable) => quote! {
            if #nullable {
                #plain;
            } else if let Some(value) = &self.#ident {
                crate::codec::Value::write(value, encoder);
            } else {
                encoder.fail_field(#structure_name, #name, crate::codec::EncodeErrorKind::NullNotAllowed);
            }
        },
    }
}

fn write(structure: &Structure) -> TokenStream {
    let structure_name = structure.ident.to_string();
    let mut tagged: Vec<&Field> = Vec::new();
    let mut uses_version = false;
    let mut code = Vec::new();
    for field in &structure.fields {
        let present = condition(field.versions, structure.versions);
        uses_version |= present.is_some() || condition(field.nullable, field.versions).is_some();
        let is_set = is_set(field);
        let name = &field.name;
        let refuse = quote! {
            encoder.fail_field(#structure_name, #name, crate::codec::EncodeErrorKind::FieldNotInVersion);
        };
        if field.tag.is_some() {
            tagged.push(field);
            if let (Some(present), false) = (&present, field.ignorable) {
                code.push(quote!(if !(#present) && #is_set { #refuse }));
            }
            continue;
        }
        let write = write_field(structure, field);
        code.push(match (present, field.ignorable) {
            (None, _) => write,
            (Some(present), true) => quote!(if #present { #write }),
            (Some(present), false) => quote! {
                if #present { #write } else if #is_set { #refuse }
            },
        });
    }
    if tagged.is_empty() {
        if structure.tagged {
            code.push(quote!(self.unknown_tagged_fields.write_all(encoder);));
        }
    } else {
        tagged.sort_by_key(|field| field.tag);
        let fields = tagged.iter().map(|field| {
            let is_set = is_set(field);
            let tag = field.tag;
            let write = write_field(structure, field);
            let present =
                condition(field.versions, structure.versions).map(|present| quote!(#present &&));
            quote! {
                if #present #is_set {
                    unknown.write_below(#tag, &mut next, &mut section, encoder);
                    encoder.tagged(&mut section, #tag, |encoder| { #write });
                }
            }
        });
        code.push(quote! {
            if encoder.flexible() {
                let unknown = &self.unknown_tagged_fields;
                let mut next = 0;
                let mut section = encoder.begin_tags();
                #(#fields)*
                unknown.write_below(u32::MAX, &mut next, &mut section, encoder);
                encoder.end_tags(&section);
            }
        });
    }
    let version = uses_version.then(|| quote!(let version = encoder.version();));
    quote!(#version #(#code)*)
}

fn nullable(structure: &Structure) -> TokenStream {
    let Role::Part = structure.role else {
        return TokenStream::new();
    };
    let ident = &structure.ident;
    quote! {
        impl crate::codec::Nullable for #ident {
            #[inline]
            fn read_nullable(decoder: &mut crate::codec::Decoder<'_>) -> Option<Self> {
                decoder.presence().then(|| crate::codec::Value::read(decoder))
            }

            #[inline]
            fn write_null(encoder: &mut crate::codec::Encoder) {
                crate::codec::Value::write(&-1i8, encoder);
            }

            #[inline]
            fn write_presence(encoder: &mut crate::codec::Encoder) {
                crate::codec::Value::write(&1i8, encoder);
            }
        }
    }
}

fn default(structure: &Structure) -> TokenStream {
    let ident = &structure.ident;
    let fields = structure.fields.iter().map(|field| {
        let ident = &field.ident;
        let value = default_value(field);
        quote!(#ident: #value,)
    });
    let unknown = structure
        .tagged
        .then(|| quote!(unknown_tagged_fields: ::core::default::Default::default(),));
    quote! {
        impl ::core::default::Default for #ident {
            #[inline]
            fn default() -> Self {
                Self { #(#fields)* #unknown }
            }
        }
    }
}

fn setters(structure: &Structure) -> TokenStream {
    let ident = &structure.ident;
    let setters = structure.fields.iter().map(|field| {
        let Field { ident, name, .. } = field;
        let method = format_ident!("with_{name}");
        let doc = format!("Sets `{name}`.");
        let (ty, is_option) = match field.option() {
            Some(inner) => (inner, true),
            None => (&field.ty, false),
        };
        // A literal would not know its type if the setter of a number took anything that becomes one.
        let (parameter, value) = if is_plain(ty) {
            (quote!(#ty), quote!(#ident))
        } else {
            (quote!(impl Into<#ty>), quote!(#ident.into()))
        };
        let value = if is_option {
            quote!(Some(#value))
        } else {
            value
        };
        quote! {
            #[doc = #doc]
            #[must_use]
            #[inline]
            pub fn #method(mut self, #ident: #parameter) -> Self {
                self.#ident = #value;
                self
            }
        }
    });
    quote! {
        impl #ident { #(#setters)* }
    }
}

fn is_plain(ty: &Type) -> bool {
    const PLAIN: &[&str] = &["bool", "i8", "i16", "u16", "i32", "i64", "f64", "Uuid"];
    match ty {
        Type::Path(path) => PLAIN.iter().any(|plain| path.path.is_ident(plain)),
        _ => false,
    }
}

fn message(structure: &Structure) -> TokenStream {
    let ident = &structure.ident;
    let role = match &structure.role {
        Role::Part => return TokenStream::new(),
        Role::Data => TokenStream::new(),
        Role::Request { key, response } => quote! {
            impl crate::codec::Request for #ident {
                const API_KEY: crate::api_key::ApiKey = crate::api_key::ApiKey::#key;
                type Response = #response;
            }
        },
        Role::Response { key } => quote! {
            impl crate::codec::Response for #ident {
                const API_KEY: crate::api_key::ApiKey = crate::api_key::ApiKey::#key;
            }
        },
    };
    let name = structure.ident.to_string();
    let versions = range(structure.versions);
    let flexible = range(structure.flexible);
    quote! {
        impl crate::codec::Message for #ident {
            const NAME: &'static str = #name;
            const VERSIONS: crate::codec::VersionRange = #versions;
            const FLEXIBLE: crate::codec::VersionRange = #flexible;
        }
        #role
    }
}

/// As Kafka's converters: a field that the version lacks is left out, and so is a tagged one with its default.
fn json(structure: &Structure) -> TokenStream {
    let ident = &structure.ident;
    let fields = structure.fields.iter().map(|field| {
        let Field {
            ident, json_name, ..
        } = field;
        let value = if field.records {
            // Kafka's converters print no records, only whether there are some.
            match field.option() {
                Some(_) => quote!(self.#ident.as_ref().map(|_| "").into()),
                None => quote!("".into()),
            }
        } else {
            quote!(crate::codec::ToJson::to_json(&self.#ident, version))
        };
        let Versions { min, max } = field.versions;
        let set = field.tag.map(|_| {
            let is_set = is_set(field);
            quote!(&& #is_set)
        });
        quote! {
            if (#min..=#max).contains(&version) #set {
                object.insert(#json_name.to_owned(), #value);
            }
        }
    });
    quote! {
        #[cfg(feature = "json")]
        impl crate::codec::ToJson for #ident {
            fn to_json(&self, version: i16) -> serde_json::Value {
                let mut object = serde_json::Map::new();
                #(#fields)*
                serde_json::Value::Object(object)
            }
        }
    }
}
