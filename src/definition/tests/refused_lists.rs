//! What is refused of lists, and in which words.

use super::refused::refused;

const LIST: &str = "id = \"mine\"\ntitle = { nb = \"a\", en = \"a\" }\ndescription = { nb = \"a\", en = \"a\" }\nsource = { nb = \"a\", en = \"a\" }\n";

fn wrong_list(rest: &str, csv: &str) -> String {
    refused(
        &[("contact-types = \"kprstat\"", "contact-types = \"mine\"")],
        &[("lists/contact-types/mine.toml", &format!("{LIST}{rest}")), ("lists/contact-types/mine.csv", csv)],
    )
}

#[test]
fn faults_of_a_contact_type_list_have_their_place() {
    let header = "takst,contact_type,valid_from,valid_to\n";
    let more = |rows: &str| wrong_list("extends = \"kprstat\"\ntakster = \"mine.csv\"\n", &format!("{header}{rows}"));
    assert_eq!(
        more("2AD ,e-consultation,2020-01-01,\n"),
        "lists/contact-types/mine.toml: takst `2ad` is listed twice for the same day; let the dates of its rows follow each other"
    );
    assert!(more("x1,hom-visit,2020-01-01,\n").starts_with(
        "lists/contact-types/mine.csv:2: unknown name `hom-visit`; did you mean `home-visit`? Known: home-visit, "
    ));
    assert_eq!(
        more("x1,meeting,01.01.2020,\n"),
        "lists/contact-types/mine.csv:2: valid_from: expected a date as YYYY-MM-DD"
    );
    assert_eq!(
        more("x1,meeting,2020-02-30,\n"),
        "lists/contact-types/mine.csv:2: valid_from: expected a date as YYYY-MM-DD"
    );
    assert_eq!(
        more("x1,meeting,2020-01-01,x\n"),
        "lists/contact-types/mine.csv:2: valid_to: expected a date as YYYY-MM-DD, or nothing"
    );
    assert_eq!(
        more("x1,meeting,2020-01-01,2019-01-01\n"),
        "lists/contact-types/mine.csv:2: valid_to is before valid_from"
    );
    assert_eq!(
        wrong_list("extends = \"kprstat\"\ndrop = [\"2xx\"]\n", ""),
        "lists/contact-types/mine.toml:6:9: takst `2xx` is not in the list that is extended"
    );
    assert_eq!(
        wrong_list("extends = \"mine\"\n", ""),
        "lists/contact-types/mine.toml:5:11: a list cannot extend itself"
    );
    assert_eq!(
        wrong_list("extends = \"ssb\"\n", ""),
        "lists/contact-types/mine.toml:5:11: the list that is extended extends another; extend that one"
    );
    assert_eq!(
        wrong_list("extends = \"kprstat\"\ntakster = \"../kprstat.csv\"\n", ""),
        "lists/contact-types/mine.toml:6:11: lists/contact-types/../kprstat.csv: a definition may name files of its own folder only; put the file beside the definition"
    );
    assert_eq!(
        wrong_list("extends = \"kprstat\"\ntakster = \"other.csv\"\n", ""),
        "lists/contact-types/mine.toml:6:11: no file lists/contact-types/other.csv; put it there or mend the name"
    );
}

#[test]
fn a_contact_type_list_is_whole() {
    let leaf = |id: &str| format!("[[type]]\nid = \"{id}\"\ntitle = {{ nb = \"a\", en = \"a\" }}\n");
    let text =
        |types: &[&str]| format!("takster = \"mine.csv\"\n{}", types.iter().map(|id| leaf(id)).collect::<String>());
    let header = "takst,contact_type,valid_from,valid_to\n";
    assert_eq!(
        wrong_list(&text(&["visit"]), header),
        "lists/contact-types/mine.toml: the last contact type must be `unclassified`; it takes what no takst code says"
    );
    assert_eq!(
        wrong_list(&text(&["visit", "visit", "unclassified"]), header),
        "lists/contact-types/mine.toml:10:6: the id `visit` is used twice; give each its own"
    );
    let many: Vec<String> = (0..32).map(|at| format!("t{at}")).chain(["unclassified".into()]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        wrong_list(&text(&many), header),
        "lists/contact-types/mine.toml: more than 32 contact types; 32 is the most"
    );
    assert_eq!(
        wrong_list(&format!("extends = \"kprstat\"\n{}", text(&["visit", "unclassified"])), header),
        "lists/contact-types/mine.toml: the list that is extended has the type `home-visit`, which is not among the types here; name it"
    );
    let sum = "[[sum]]\nid = \"all\"\ntitle = { nb = \"a\", en = \"a\" }\nmembers = ";
    assert!(
        wrong_list(&format!("{}{sum}[\"vist\"]\n", text(&["visit", "unclassified"])), header)
            .contains("unknown contact type `vist`; did you mean `visit`?")
    );
    assert!(
        wrong_list(&format!("{}{sum}[]\n", text(&["visit", "unclassified"])), header)
            .ends_with("a sum needs at least one member")
    );
}

#[test]
fn a_list_is_named_for_its_file() {
    let other = LIST.replace("mine", "yours") + "extends = \"kprstat\"\n";
    assert_eq!(
        refused(
            &[("contact-types = \"kprstat\"", "contact-types = \"mine\"")],
            &[("lists/contact-types/mine.toml", &other)]
        ),
        "lists/contact-types/mine.toml:1:6: the id is `yours` but the file is named for `mine`; make them one"
    );
}

#[test]
fn age_groups_ascend_from_birth() {
    let groups = |from: &str| {
        let text = format!("id = \"mine\"\ntitle = {{ nb = \"a\", en = \"a\" }}\nfrom = {from}\n");
        refused(&[("age-groups = \"kprstat\"", "age-groups = \"mine\"")], &[("lists/age-groups/mine.toml", &text)])
    };
    let want = "lists/age-groups/mine.toml:3:8: expected the first age of each group, ascending from 0 to at most 120";
    for from in ["[]", "[1, 5]", "[0, 20, 10]", "[0, 10, 10]", "[0, 121]"] {
        assert_eq!(groups(from), want, "{from}");
    }
}
