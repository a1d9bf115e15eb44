// ALTER TABLE and ALTER VIEW.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

Result<Statement::Node> Parser::ParseAlter() {
    Next();
    AlterTable alter;
    if (Is("VIEW")) {
        Next();
        alter.kind = ObjectKind::kView;
        return ParseAlterView(std::move(alter));
    }
    if (!AcceptWords({"STREAMING", "TABLE"})) {
        if (!Is("TABLE")) return Fail(UnsupportedHere("ALTER " + Peek().upper));
        Next();
    }
    TARN_TRY(alter.table, ParseName());
    TARN_CHECK(ParseAlterAction(alter));
    return alter;
}

Result<Statement::Node> Parser::ParseAlterView(AlterTable alter) {
    TARN_TRY(alter.table, ParseName());
    if (Is("AS") || StartsQuery()) {
        AlterViewQuery change;
        change.view = std::move(alter.table);
        TARN_CHECK(ParseAsQuery(change.query, change.query_text));
        return change;
    }
    TARN_CHECK(ParseAlterAction(alter));
    return alter;
}

Result<void> Parser::ParseAlterAction(AlterTable &alter) {
    using Action = AlterTable::Action;
    if (IsWords({"ADD", "CONSTRAINT"})) {
        Next();
        Next();
        alter.action = Action::kAddConstraint;
        TARN_TRY(std::string name, ParseIdentifier("the constraint's name"));
        TARN_TRY(alter.constraint, ParseTableConstraint(std::move(name)));
    } else if (Accept("ADD")) {
        return ParseAddColumns(alter);
    } else if (AcceptWords({"DROP", "CONSTRAINT"})) {
        alter.action = Action::kDropConstraint;
        TARN_TRY(alter.if_exists, ParseIfExists());
        TARN_TRY(alter.constraint.name, ParseIdentifier("the constraint's name"));
    } else if (AcceptWords({"DROP", "FEATURE"})) {
        alter.action = Action::kDropFeature;
        if (Peek().kind == TokenKind::kString) {
            TARN_TRY(alter.feature, ParseString("a feature's name"));
        } else {
            TARN_TRY(alter.feature, ParseIdentifier("a feature's name"));
        }
        alter.truncate_history = AcceptWords({"TRUNCATE", "HISTORY"});
    } else if (AcceptWords({"REPLACE", "COLUMNS"})) {
        alter.action = Action::kReplaceColumns;
        return ParseColumnList(alter);
    } else if (AcceptWords({"DROP", "COLUMN"}) || AcceptWords({"DROP", "COLUMNS"})) {
        alter.action = Action::kDropColumns;
        TARN_TRY(alter.if_exists, ParseIfExists());
        if (Is("(")) {
            TARN_TRY(alter.columns, ParseDottedNameList());
            return {};
        }
        do {
            TARN_TRY(Name column, ParseName());
            alter.columns.push_back(std::move(column));
        } while (Accept(","));
    } else if (AcceptWords({"RENAME", "COLUMN"})) {
        alter.action = Action::kRenameColumn;
        TARN_TRY(Name column, ParseName());
        alter.columns.push_back(std::move(column));
        TARN_CHECK(Expect("TO"));
        TARN_TRY(alter.new_name, ParseName());
    } else if (AcceptWords({"RENAME", "TO"})) {
        alter.action = Action::kRenameTo;
        TARN_TRY(alter.new_name, ParseName());
    } else if (AcceptWords({"SET", "TBLPROPERTIES"})) {
        alter.action = Action::kSetProperties;
        TARN_TRY(alter.properties, ParseProperties());
    } else if (AcceptWords({"UNSET", "TBLPROPERTIES"})) {
        alter.action = Action::kUnsetProperties;
        TARN_TRY(alter.if_exists, ParseIfExists());
        TARN_CHECK(Expect("("));
        do {
            TARN_TRY(std::string key, ParsePropertyKey());
            alter.property_keys.push_back(std::move(key));
        } while (Accept(","));
        TARN_CHECK(Expect(")"));
    } else if (AcceptWords({"SET", "LOCATION"})) {
        alter.action = Action::kSetLocation;
        TARN_TRY(alter.text, ParseString("a path"));
    } else if (AcceptWords({"CLUSTER", "BY"})) {
        alter.action = Action::kClusterBy;
        if (Accept("NONE")) return {};
        alter.cluster_by_auto = Accept("AUTO");
        if (alter.cluster_by_auto) return {};
        TARN_TRY(alter.cluster_by, ParseDottedNameList());
    } else if (AcceptWords({"ALTER", "COLUMN"}) || AcceptWords({"CHANGE", "COLUMN"}) || Accept("ALTER") || Accept("CHANGE")) {
        return ParseAlterColumn(alter);
    } else {
        return Fail(ErrorHere("ADD COLUMN, DROP COLUMN, RENAME, ALTER COLUMN, SET TBLPROPERTIES or UNSET TBLPROPERTIES"));
    }
    return {};
}

// ADD COLUMN[S] [(] a INT [COMMENT 'x'] [FIRST | AFTER b], s.c STRING [)]
Result<void> Parser::ParseAddColumns(AlterTable &alter) {
    alter.action = AlterTable::Action::kAddColumns;
    if (!Accept("COLUMNS")) TARN_CHECK(Expect("COLUMN"));
    TARN_TRY(alter.if_not_exists, ParseIfNotExists());
    return ParseColumnList(alter);
}

// a INT COMMENT 'x' FIRST
Result<AddColumn> Parser::ParseAddColumn() {
    AddColumn added;
    TARN_TRY(added.path, ParseName());
    added.column.name = added.path.Last();
    added.column.position = added.path.position;
    Accept(":");
    TARN_TRY(added.column.type, ParseType());
    bool found = true;
    while (found) TARN_CHECK(ParseColumnOption(added.column, &found));
    added.first = Accept("FIRST");
    if (Accept("AFTER")) {
        TARN_TRY(added.after, ParseIdentifier("a column's name"));
    }
    return added;
}

Result<void> Parser::ParseColumnList(AlterTable &alter) {
    bool parenthesised = Accept("(");
    do {
        TARN_TRY(AddColumn added, ParseAddColumn());
        alter.add_columns.push_back(std::move(added));
    } while (Accept(","));
    if (parenthesised) return Expect(")");
    return {};
}

Result<void> Parser::ParseAlterColumn(AlterTable &alter) {
    using Action = AlterTable::Action;
    TARN_TRY(Name column, ParseName());
    alter.columns.push_back(std::move(column));
    if (Accept("TYPE")) {
        alter.action = Action::kAlterColumnType;
        TARN_TRY(alter.type, ParseType());
    } else if (Accept("COMMENT")) {
        alter.action = Action::kAlterColumnComment;
        TARN_TRY(alter.text, ParseString("a comment"));
    } else if (AcceptWords({"SET", "NOT", "NULL"})) {
        alter.action = Action::kAlterColumnSetNotNull;
    } else if (AcceptWords({"DROP", "NOT", "NULL"})) {
        alter.action = Action::kAlterColumnDropNotNull;
    } else if (AcceptWords({"SET", "DEFAULT"})) {
        alter.action = Action::kAlterColumnSetDefault;
        size_t begin = Offset();
        TARN_TRY(alter.default_value, ParseExpr());
        alter.text = TextFrom(begin);
    } else if (AcceptWords({"DROP", "DEFAULT"})) {
        alter.action = Action::kAlterColumnDropDefault;
    } else if (AcceptWords({"SYNC", "IDENTITY"})) {
        alter.action = Action::kAlterColumnSyncIdentity;
    } else if (Accept("FIRST")) {
        alter.action = Action::kAlterColumnPosition;
        alter.first = true;
    } else if (Accept("AFTER")) {
        alter.action = Action::kAlterColumnPosition;
        TARN_TRY(alter.after, ParseIdentifier("a column's name"));
    } else if (IsIdentifier()) {  // Hive's CHANGE COLUMN a b INT COMMENT 'x' FIRST
        alter.action = Action::kChangeColumn;
        TARN_TRY(AddColumn changed, ParseAddColumn());
        alter.add_columns.push_back(std::move(changed));
    } else {
        return Fail(ErrorHere("TYPE, COMMENT, SET NOT NULL, DROP NOT NULL, SET DEFAULT, DROP DEFAULT, SYNC IDENTITY, FIRST or AFTER"));
    }
    return {};
}

}  // namespace tarn::sql
