// Data types as DDL and CAST write them.
#include <algorithm>

#include "base/nearest.h"
#include "base/text.h"
#include "sql/internal/parser_impl.h"

namespace tarn::sql {
namespace {

struct TypeName {
    std::string_view name;
    TypeKind kind;
};

constexpr TypeName kTypeNames[] = {
    {"BOOLEAN", TypeKind::kBoolean}, {"TINYINT", TypeKind::kByte},        {"BYTE", TypeKind::kByte},
    {"SMALLINT", TypeKind::kShort},  {"SHORT", TypeKind::kShort},         {"INT", TypeKind::kInt},
    {"INTEGER", TypeKind::kInt},     {"BIGINT", TypeKind::kLong},         {"LONG", TypeKind::kLong},
    {"FLOAT", TypeKind::kFloat},     {"REAL", TypeKind::kFloat},          {"DOUBLE", TypeKind::kDouble},
    {"DATE", TypeKind::kDate},       {"TIMESTAMP", TypeKind::kTimestamp}, {"TIMESTAMP_LTZ", TypeKind::kTimestamp},
    {"STRING", TypeKind::kString},   {"CHAR", TypeKind::kString},         {"TIMESTAMP_NTZ", TypeKind::kTimestampNtz},
    {"VARCHAR", TypeKind::kString},  {"CHARACTER", TypeKind::kString},    {"BINARY", TypeKind::kBinary},
    {"VOID", TypeKind::kNull},       {"NULL", TypeKind::kNull},           {"VARIANT", TypeKind::kVariant},
    {"DECIMAL", TypeKind::kDecimal}, {"DEC", TypeKind::kDecimal},         {"NUMERIC", TypeKind::kDecimal},
    {"ARRAY", TypeKind::kArray},     {"MAP", TypeKind::kMap},             {"STRUCT", TypeKind::kStruct},
    {"INTERVAL", TypeKind::kInterval},
};

Error UnknownType(const Token &token) {
    std::vector<std::string_view> names;
    for (const TypeName &entry : kTypeNames) names.push_back(entry.name);
    std::string message = "Unsupported data type \"" + ToUpper(token.text) + "\".";
    std::vector<std::string> nearest = NearestNames(token.text, names, 2);
    if (!nearest.empty()) message += " Did you mean " + QuoteList(nearest) + "?";
    Error error = MakeError(ErrorKind::kInvalidInput, "UNSUPPORTED_DATATYPE", std::move(message));
    error.position = token.position;
    return error;
}

}  // namespace

Result<void> Parser::ParseCollation() {
    TARN_TRY(std::string collation, ParseIdentifier("a collation"));
    if (EqualsIgnoreCase(collation, "UTF8_BINARY")) return {};
    return Fail(UnsupportedHere("The collation " + collation, "Leave it out: strings compare byte by byte."));
}

Result<DataType> Parser::ParseType() {
    Nested nested(*this);
    TARN_CHECK(CheckNesting());
    const Token &token = Peek();
    if (token.kind != TokenKind::kName) return Fail(ErrorHere("a data type"));
    auto entry = std::ranges::find(kTypeNames, token.upper, &TypeName::name);
    if (entry == std::end(kTypeNames)) return Fail(UnknownType(token));
    Next();
    int32_t bound = 0;
    switch (entry->kind) {
        case TypeKind::kDecimal: {
            int64_t precision = 10;
            int64_t scale = 0;
            if (Accept("(")) {
                TARN_TRY(precision, ParseInteger("a precision"));
                if (Accept(",")) {
                    TARN_TRY(scale, ParseInteger("a scale"));
                }
                TARN_CHECK(Expect(")"));
            }
            if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
                return Fail(SyntaxError(token.position, token.text, "A decimal's precision is 1 to 38, its scale 0 to the precision."));
            }
            return DataType::Decimal(static_cast<int>(precision), static_cast<int>(scale));
        }
        case TypeKind::kArray: {
            TARN_CHECK(Expect("<"));
            TARN_TRY(DataType element, ParseType());
            TARN_CHECK(CloseAngle());
            return DataType::Array(std::move(element));
        }
        case TypeKind::kMap: {
            TARN_CHECK(Expect("<"));
            TARN_TRY(DataType key, ParseType());
            TARN_CHECK(Expect(","));
            TARN_TRY(DataType value, ParseType());
            TARN_CHECK(CloseAngle());
            return DataType::Map(std::move(key), std::move(value));
        }
        case TypeKind::kStruct: {
            if (Accept("<>")) return DataType::Struct({});
            TARN_CHECK(Expect("<"));
            std::vector<Field> fields;
            if (!Is(">")) {
                TARN_TRY(fields, ParseStructFields());
            }
            TARN_CHECK(CloseAngle());
            return DataType::Struct(std::move(fields));
        }
        case TypeKind::kString:
            if (Accept("(")) {
                TARN_TRY(int64_t length, ParseInteger("a length"));
                if (length < 1 || length > INT32_MAX) return Fail(SyntaxError(token.position, token.text, "A text's length is at least 1."));
                bound = static_cast<int32_t>(entry->name == "STRING" ? 0 : entry->name == "VARCHAR" ? length : -length);
                TARN_CHECK(Expect(")"));
            }
            if (Accept("COLLATE")) TARN_CHECK(ParseCollation());
            {
                DataType text = DataType::Of(TypeKind::kString);
                text.text_bound = bound;
                return text;
            }
        case TypeKind::kInterval:  // INTERVAL DAY TO SECOND
            for (std::string_view unit : {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}) {
                if (!Accept(unit)) continue;
                if (Accept("TO")) Next();
                break;
            }
            return DataType::Of(TypeKind::kInterval);
        default:
            if (entry->kind == TypeKind::kDouble) Accept("PRECISION");
            return DataType::Of(entry->kind);
    }
}

Result<void> Parser::CloseAngle() { return Expect(">"); }

// a: INT NOT NULL COMMENT 'x', `b c` STRING
Result<std::vector<Field>> Parser::ParseStructFields() {
    std::vector<Field> fields;
    do {
        Field field;
        TARN_TRY(field.name, ParseIdentifier("a field's name"));
        Accept(":");
        TARN_TRY(field.type, ParseType());
        while (true) {
            if (AcceptWords({"NOT", "NULL"})) {
                field.nullable = false;
            } else if (Accept("COMMENT")) {
                TARN_TRY(std::string comment, ParseString("a comment"));
                field.metadata["comment"] = JsonString(comment);
            } else {
                break;
            }
        }
        fields.push_back(std::move(field));
    } while (Accept(","));
    return fields;
}

Result<std::vector<Field>> Parser::ParseSchemaFields() { return ParseStructFields(); }

}  // namespace tarn::sql
