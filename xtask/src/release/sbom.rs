//! The bill of materials, as `CycloneDX` 1.5 has it (<https://cyclonedx.org/docs/1.5/json/>). It has no serial number and no
//! time, so that it is the same for the same packages.

use anyhow::Result;
use serde_json::{Value, json};

use super::packages::{Package, Packages};

pub fn text(packages: &Packages) -> Result<String> {
    let version = env!("CARGO_PKG_VERSION");
    let components: Vec<Value> = packages.0.iter().map(component).collect();
    let bom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "name": "curfew", "version": version,
            "bom-ref": format!("curfew@{version}"),
            "licenses": [{ "expression": env!("CARGO_PKG_LICENSE") }],
        }},
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&bom)? + "\n")
}

fn component(package: &Package) -> Value {
    let purl = format!("pkg:cargo/{}@{}", package.name, package.version);
    let mut component = json!({
        "type": "library",
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "bom-ref": purl,
    });
    if let Some(licence) = &package.licence {
        // The older way to write a choice.
        let expression = licence.replace('/', " OR ");
        component["licenses"] = json!([{ "expression": expression }]);
    }
    if let Some(checksum) = &package.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}
