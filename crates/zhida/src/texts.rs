//! Wording: Fluent files of the program and of the pack, Chinese and English.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;
use zhida_rules::Lang;
use zhida_types::Quantity;

type Bundle = FluentBundle<FluentResource>;

const ZH: &str = concat!(
    include_str!("../texts/zh-CN.ftl"),
    include_str!("../texts/deliver.zh-CN.ftl"),
    include_str!("../texts/serve.zh-CN.ftl")
);
const EN: &str = concat!(
    include_str!("../texts/en.ftl"),
    include_str!("../texts/deliver.en.ftl"),
    include_str!("../texts/serve.en.ftl")
);

/// All wording.
pub struct Texts {
    zh: Bundle,
    en: Bundle,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Texts")
    }
}

impl Texts {
    /// The program's texts and those of packs beside them.
    ///
    /// # Errors
    /// A file that is not Fluent, or that says what another says already.
    pub fn new<'p>(
        packs: impl Iterator<Item = &'p BTreeMap<String, String>> + Clone,
    ) -> anyhow::Result<Self> {
        let bundle = |tag: &str, own: &str| -> anyhow::Result<Bundle> {
            let language: LanguageIdentifier = tag.parse().context("a language tag")?;
            let mut bundle = Bundle::new_concurrent(vec![language]);
            bundle.set_use_isolating(false);
            for (from, text) in std::iter::once(("the program", own))
                .chain(packs.clone().filter_map(|p| Some(("a pack", p.get(tag)?.as_str()))))
            {
                let resource = match FluentResource::try_new(text.to_owned()) {
                    Ok(resource) => resource,
                    Err((_, faults)) => bail!(
                        "texts/{tag}.ftl of {from}: {}",
                        faults.first().map_or_else(String::new, ToString::to_string)
                    ),
                };
                if let Err(faults) = bundle.add_resource(resource) {
                    bail!(
                        "texts/{tag}.ftl of {from}: {}",
                        faults.first().map_or_else(String::new, ToString::to_string)
                    );
                }
            }
            Ok(bundle)
        };
        Ok(Self { zh: bundle("zh-CN", ZH)?, en: bundle("en", EN)? })
    }

    /// A text; the key itself, in angle brackets, where it is missing, so that it is seen.
    pub fn get(&self, lang: Lang, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let bundle = if lang == Lang::Zh { &self.zh } else { &self.en };
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            tracing::warn!(key, "a text is missing");
            return format!("⟨{key}⟩");
        };
        let mut values = FluentArgs::new();
        for (name, value) in args {
            values.set(*name, value.clone());
        }
        let mut faults = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&values), &mut faults).into_owned();
        if let Some(fault) = faults.first() {
            tracing::warn!(key, %fault, "a text could not be filled in");
        }
        text
    }

    /// Whether both languages have the key.
    pub fn has(&self, key: &str) -> bool {
        self.zh.has_message(key) && self.en.has_message(key)
    }
}

/// The wording in the language of one reader.
#[derive(Clone, Debug)]
pub struct T {
    /// All wording.
    pub texts: Arc<Texts>,
    /// The reader's language.
    pub lang: Lang,
}

impl T {
    /// A text without values.
    pub fn s(&self, key: impl AsRef<str>) -> String {
        self.texts.get(self.lang, key.as_ref(), &[])
    }

    /// A text with one number `n`.
    pub fn n(&self, key: impl AsRef<str>, n: impl Count) -> String {
        self.texts.get(self.lang, key.as_ref(), &[("n", FluentValue::from(n.count()))])
    }

    /// A text with one value `v`.
    pub fn v(&self, key: impl AsRef<str>, v: impl std::fmt::Display) -> String {
        self.texts.get(self.lang, key.as_ref(), &[("v", FluentValue::from(v.to_string()))])
    }

    /// A text with two values, `a` and `b`.
    pub fn ab(&self, key: impl AsRef<str>, a: impl std::fmt::Display, b: impl std::fmt::Display) -> String {
        let values = [("a", FluentValue::from(a.to_string())), ("b", FluentValue::from(b.to_string()))];
        self.texts.get(self.lang, key.as_ref(), &values)
    }

    /// Things one after another, as the reader parts them.
    pub fn list<S: AsRef<str>>(&self, parts: &[S]) -> String {
        let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        parts.join(if self.zh() { "、" } else { ", " })
    }

    /// A number of things as the reader writes it: 1.2万 or 12000.
    pub fn quantity(&self, n: Quantity) -> String {
        if self.zh() { zhida_types::chinese_number(n) } else { n.to_string() }
    }

    /// What a unit of count is called; its code where no text names it.
    pub fn unit_of_count(&self, unit: &str) -> String {
        let key = format!("unit-{unit}");
        if self.texts.has(&key) { self.s(key) } else { unit.to_owned() }
    }

    /// Whether the reader reads Chinese.
    pub fn zh(&self) -> bool {
        self.lang == Lang::Zh
    }

    /// The language tag.
    pub fn tag(&self) -> &'static str {
        self.lang.tag()
    }
}

/// A number that a text can name, held or borrowed: templates hold both.
pub trait Count {
    /// The number.
    fn count(&self) -> i64;
}

impl Count for i64 {
    fn count(&self) -> i64 {
        *self
    }
}

impl Count for u32 {
    fn count(&self) -> i64 {
        i64::from(*self)
    }
}

impl Count for usize {
    fn count(&self) -> i64 {
        i64::try_from(*self).unwrap_or(i64::MAX)
    }
}

impl<C: Count> Count for &C {
    fn count(&self) -> i64 {
        (*self).count()
    }
}
