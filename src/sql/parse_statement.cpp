// Which statement it is, and the small ones: USE, SET, EXPLAIN, DROP, COMMENT ON, maintenance.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

Result<Statement> Parser::ParseStatement() {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    Statement statement;
    statement.position = Peek().position;
    TARN_TRY(statement.node, ParseStatementNode());
    return statement;
}

Result<Statement::Node> Parser::ParseStatementNode() {
    if (IsAny({"SELECT", "VALUES", "WITH", "FROM", "TABLE"}) || Is("(")) {
        if (Is("WITH")) return ParseAfterWith();
        TARN_TRY(QueryPtr query, ParseQuery());
        return QueryStatement{std::move(query)};
    }
    if (Is("CREATE")) return ParseCreate();
    if (Is("REPLACE") && Peek(1).Is("TABLE")) {
        Next();
        Next();
        return ParseCreateTable(true, false);
    }
    if (Is("INSERT")) return ParseInsert();
    if (Is("UPDATE")) return ParseUpdate();
    if (Is("DELETE")) return ParseDelete();
    if (Is("MERGE")) return ParseMerge();
    if (Is("DROP")) return ParseDrop();
    if (Is("UNDROP")) return ParseUndrop();
    if (Is("ALTER")) return ParseAlter();
    if (Is("SHOW")) return ParseShow();
    if (IsAny({"DESCRIBE", "DESC"})) return ParseDescribe();
    if (Is("USE")) return ParseUse();
    if (Is("SET")) return ParseSet();
    if (Is("RESET")) return ParseReset();
    if (Is("EXPLAIN")) return ParseExplain();
    if (Is("COMMENT")) return ParseComment();
    if (Is("OPTIMIZE")) return ParseOptimize();
    if (Is("VACUUM")) return ParseVacuum();
    if (Is("RESTORE")) return ParseRestore();
    if (Is("BEGIN") && Peek(1).Is("ATOMIC")) return ParseAtomicBlock();
    if (Is("REORG")) return ParseReorg();
    if (Is("CONVERT")) return ParseConvert();
    if (Is("ANALYZE")) return ParseAnalyze();
    if (AcceptWords({"APPLY", "CHANGES", "INTO"}) || AcceptWords({"AUTO", "CDC", "INTO"})) return ParseAutoCdc("", "");
    if (Is("COPY") && Peek(1).Is("INTO")) return ParseCopyInto();
    if (Accept("TRUNCATE")) {
        TARN_CHECK(Expect("TABLE"));
        Truncate truncate;
        TARN_TRY(truncate.table, ParseTableName(&truncate.is_path));
        if (Accept("PARTITION")) {
            TARN_TRY(truncate.partition, ParsePartitionValues());
        }
        return truncate;
    }
    if (IsAny({"REFRESH", "CACHE", "UNCACHE", "CLEAR", "MSCK", "FSCK"})) return ParseMaintenance();
    if (IsAny({"GRANT", "REVOKE", "DENY", "DECLARE", "CALL", "EXECUTE", "COPY", "LOAD", "BEGIN", "LOCK", "ADD", "LIST"})) {
        return Fail(UnsupportedHere("The statement " + Peek().upper));
    }
    if (AtEnd()) return Fail(ErrorHere("a statement"));
    return Fail(ErrorHere("a statement such as SELECT, CREATE, INSERT or MERGE"));
}

// USE s, USE CATALOG c, USE SCHEMA | DATABASE | NAMESPACE c.s, SET CATALOG c
Result<Statement::Node> Parser::ParseUse() {
    Next();
    Use use;
    if (Is("CATALOG") && IsIdentifier(1)) {
        Next();
        use.kind = ObjectKind::kCatalog;
    } else if (IsAny({"SCHEMA", "DATABASE", "NAMESPACE"}) && (IsIdentifier(1) || Peek(1).kind == TokenKind::kString)) {
        Next();
    }
    if (Peek().kind == TokenKind::kString) {
        use.name.position = Peek().position;
        TARN_TRY(std::string part, ParseString("a name"));
        use.name.parts.push_back(std::move(part));
        return use;
    }
    TARN_TRY(use.name, ParseName());
    return use;
}

Result<Statement::Node> Parser::ParseSet() {
    Next();
    Set set;
    if (AtEnd() || Is(";")) {
        set.all = true;
        return set;
    }
    if (Is("-") && Peek(1).Is("V")) {
        Next();
        Next();
        set.all = true;
        return set;
    }
    if (Is("CATALOG") && (IsIdentifier(1) || Peek(1).kind == TokenKind::kString)) {
        Next();
        Use use;
        use.kind = ObjectKind::kCatalog;
        use.name.position = Peek().position;
        use.name.parts.push_back(Next().text);
        return use;
    }
    if (AcceptWords({"TIME", "ZONE"})) {
        set.time_zone = true;
        if (Is("LOCAL")) {
            set.value = Next().upper;
        } else {
            size_t begin = Offset();
            bool text = Peek().kind == TokenKind::kString;
            std::string value = Next().text;
            while (!AtEnd() && !Is(";")) Next();
            set.value = text ? value : TextFrom(begin);
        }
        return set;
    }
    // What follows is a key and, after =, the rest of the statement as it is.
    bool quoted = Peek().kind == TokenKind::kQuotedName;
    size_t begin = Offset();
    while (!AtEnd() && !Is(";") && !Is("=")) {
        if (quoted && set.key.empty()) set.key = Peek().text;
        Next();
    }
    if (!quoted) set.key = TextFrom(begin);
    if (set.key.empty()) return Fail(ErrorHere("a setting's name"));
    if (Accept("=")) {
        size_t value_begin = Offset();
        bool lone_quoted = Peek().kind == TokenKind::kQuotedName;
        std::string value = Peek().text;
        size_t tokens = 0;
        while (!AtEnd() && !Is(";")) {
            Next();
            tokens++;
        }
        set.value = tokens == 0 ? "" : lone_quoted && tokens == 1 ? value : TextFrom(value_begin);
    }
    return set;
}

Result<Statement::Node> Parser::ParseReset() {
    Next();
    Reset reset;
    if (!AtEnd() && !Is(";")) {
        TARN_TRY(reset.key, ParsePropertyKey());
    }
    return reset;
}

Result<Statement::Node> Parser::ParseExplain() {
    Next();
    Explain explain;
    if (IsAny({"EXTENDED", "CODEGEN", "COST", "FORMATTED"})) explain.mode = Next().upper;
    TARN_TRY(Statement statement, ParseStatement());
    explain.statement = std::make_shared<Statement>(std::move(statement));
    return explain;
}

Result<Statement::Node> Parser::ParseAtomicBlock() {
    Next();
    Next();
    AtomicBlock block;
    while (!Accept("END")) {
        if (Accept(";")) continue;
        if (Is("BEGIN")) return Fail(UnsupportedHere("A block within BEGIN ATOMIC … END"));
        TARN_TRY(Statement statement, ParseStatement());
        block.statements.push_back(std::make_shared<Statement>(std::move(statement)));
        TARN_CHECK(Expect(";"));
    }
    return block;
}

Result<bool> Parser::ParseIfExists() {
    if (!Is("IF") || !Peek(1).Is("EXISTS")) return false;
    Next();
    Next();
    return true;
}

Result<Statement::Node> Parser::ParseDrop() {
    Next();
    Drop drop;
    drop.temporary = Is("TEMPORARY") || Is("TEMP");
    if (drop.temporary) Next();
    if (Accept("TABLE")) {
        drop.kind = ObjectKind::kTable;
    } else if (Accept("VIEW")) {
        drop.kind = ObjectKind::kView;
    } else if (AcceptWords({"MATERIALIZED", "VIEW"})) {
        drop.kind = ObjectKind::kMaterializedView;
    } else if (AcceptWords({"STREAMING", "TABLE"})) {
        drop.kind = ObjectKind::kStreamingTable;
    } else if (Accept("SCHEMA") || Accept("DATABASE") || Accept("NAMESPACE")) {
        drop.kind = ObjectKind::kSchema;
    } else if (Accept("CATALOG")) {
        drop.kind = ObjectKind::kCatalog;
    } else if (Accept("FUNCTION")) {
        drop.kind = ObjectKind::kFunction;
    } else {
        return Fail(ErrorHere("TABLE, VIEW, SCHEMA or CATALOG"));
    }
    TARN_TRY(drop.if_exists, ParseIfExists());
    TARN_TRY(drop.name, ParseName());
    drop.cascade = Accept("CASCADE");
    if (!drop.cascade) Accept("RESTRICT");
    drop.purge = Accept("PURGE");
    return drop;
}

// UNDROP TABLE t, UNDROP TABLE WITH ID 'id'
Result<Statement::Node> Parser::ParseUndrop() {
    Next();
    TARN_CHECK(Expect("TABLE"));
    Undrop undrop;
    if (AcceptWords({"WITH", "ID"})) {
        TARN_TRY(undrop.id, ParseString("a table's id"));
    } else {
        TARN_TRY(undrop.name, ParseName());
    }
    return undrop;
}

// COMMENT ON TABLE t IS 'text' | NULL
Result<Statement::Node> Parser::ParseComment() {
    Next();
    TARN_CHECK(Expect("ON"));
    CommentOn comment;
    if (Accept("TABLE")) {
        comment.kind = ObjectKind::kTable;
    } else if (Accept("VIEW")) {
        comment.kind = ObjectKind::kView;
    } else if (Accept("SCHEMA") || Accept("DATABASE") || Accept("NAMESPACE")) {
        comment.kind = ObjectKind::kSchema;
    } else if (Accept("CATALOG")) {
        comment.kind = ObjectKind::kCatalog;
    } else {
        return Fail(ErrorHere("TABLE, VIEW, SCHEMA or CATALOG"));
    }
    TARN_TRY(comment.name, ParseName());
    TARN_CHECK(Expect("IS"));
    if (Accept("NULL")) return comment;
    TARN_TRY(comment.comment, ParseString("a comment, or NULL"));
    return comment;
}

// REFRESH [STREAMING | MATERIALIZED] TABLE t [FULL], CACHE [LAZY] TABLE t, UNCACHE TABLE t, CLEAR CACHE,
// MSCK REPAIR TABLE t
Result<Statement::Node> Parser::ParseMaintenance() {
    Maintenance maintenance;
    maintenance.command = Next().upper;
    while (IsAny({"TABLE", "TABLES", "VIEW", "STREAMING", "MATERIALIZED", "LAZY", "CACHE", "REPAIR", "FUNCTION", "DATABASE"})) {
        bool lazy = Is("LAZY");
        std::string word = Next().upper;
        if (!lazy) maintenance.command += " " + word;
    }
    if (AtEnd() || Is(";")) return maintenance;
    if (Accept("IF")) TARN_CHECK(Expect("EXISTS"));
    TARN_TRY(maintenance.name, ParseName());
    maintenance.full = Accept("FULL");
    // Hints about what to collect or keep change no result.
    while (!AtEnd() && !Is(";")) Next();
    return maintenance;
}

}  // namespace tarn::sql
