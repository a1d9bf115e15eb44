// COPY INTO.
#include "sql/internal/parser_impl.h"

namespace tarn::sql {

// COPY INTO t [BY POSITION | (a, b)] FROM source FILEFORMAT = f [VALIDATE …] [FILES = (…) | PATTERN = '…']
// [FORMAT_OPTIONS (…)] [COPY_OPTIONS (…)]
Result<Statement::Node> Parser::ParseCopyInto() {
    Next();
    Next();
    CopyInto copy;
    TARN_TRY(copy.table, ParseTableName(&copy.is_path));
    copy.by_position = AcceptWords({"BY", "POSITION"});
    if (!copy.by_position && Is("(")) {
        TARN_TRY(copy.columns, ParseNameList());
    }
    TARN_CHECK(Expect("FROM"));
    TARN_CHECK(ParseCopySource(copy));
    while (!AtEnd() && !Is(";")) {
        TARN_TRY(bool found, ParseCopyClause(copy));
        if (!found) return Fail(ErrorHere("FILEFORMAT, VALIDATE, FILES, PATTERN, FORMAT_OPTIONS or COPY_OPTIONS"));
    }
    if (copy.format.empty()) return Fail(ErrorHere("FILEFORMAT = CSV, JSON, PARQUET, TEXT or BINARYFILE"));
    if (!copy.files.empty() && !copy.pattern.empty()) return Fail(ErrorHere("FILES or PATTERN, not both"));
    return copy;
}

// 'path', or (SELECT … FROM 'path')
Result<void> Parser::ParseCopySource(CopyInto &copy) {
    if (!Is("(")) {
        copy.source_position = Peek().position;
        TARN_TRY(copy.source, ParseString("a path in quotes, or (SELECT … FROM 'path')"));
    } else {
        Next();
        copy_ = &copy;
        auto query = ParseQuery();
        copy_ = nullptr;
        if (!query) return Fail(std::move(query).error());
        copy.query = std::move(*query);
        if (copy.source.empty()) return Fail(ErrorHere("FROM 'path' in the query"));
    }
    if (Is("WITH") && Peek(1).Is("(")) {
        return Fail(UnsupportedHere("COPY INTO … WITH (CREDENTIAL …)", "Give credentials by the environment: see docs/s3.md."));
    }
    if (copy.query) TARN_CHECK(Expect(")"));
    return {};
}

// One clause behind the source; false when there is none.
Result<bool> Parser::ParseCopyClause(CopyInto &copy) {
    auto equals = [this] { Accept("="); };
    if (Accept("FILEFORMAT")) {
        equals();
        TARN_TRY(std::string format, ParseIdentifier("CSV, JSON, PARQUET, TEXT or BINARYFILE"));
        copy.format = ToLower(format);
    } else if (Accept("VALIDATE")) {
        copy.validate = true;
        if (Accept("ALL") || Peek().kind != TokenKind::kInteger) return true;
        TARN_TRY(copy.validate_rows, ParseInteger("a number of ROWS"));
        TARN_CHECK(Expect("ROWS"));
    } else if (Accept("FILES")) {
        equals();
        TARN_CHECK(Expect("("));
        do {
            if (Peek().kind != TokenKind::kString) return Fail(ErrorHere("a file's name in quotes"));
            copy.files.push_back(Next().text);
        } while (Accept(","));
        TARN_CHECK(Expect(")"));
    } else if (Accept("PATTERN")) {
        equals();
        TARN_TRY(copy.pattern, ParseString("a pattern in quotes"));
    } else if (Accept("FORMAT_OPTIONS")) {
        TARN_TRY(copy.format_options, ParseProperties());
    } else if (Accept("COPY_OPTIONS")) {
        TARN_TRY(copy.copy_options, ParseProperties());
    } else {
        return false;
    }
    return true;
}

}  // namespace tarn::sql
