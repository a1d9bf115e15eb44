#include <algorithm>
#include <unordered_map>

#include "extjson/internal/infer_tree.h"
#include "extjson/internal/messages.h"
#include "extjson/internal/naming.h"

namespace tarn::extjson {
namespace {

constexpr int kMaxPrecision = 38;
constexpr int kLongDigits = 20;  // What Spark widens BIGINT to.

std::string KindName(uint16_t kind) {
    switch (kind) {
        case kSeenBoolean:
            return "a boolean";
        case kSeenString:
            return "text";
        case kSeenDate:
            return "a date";
        case kSeenBinary:
            return "binary data";
        case kSeenArray:
            return "an array";
        case kSeenObject:
            return "an object";
        default:
            return "a number";
    }
}

// The members in the order of their names' code points, which is the order of their bytes.
std::vector<const InferNode *> Sorted(const InferNode &node) {
    std::vector<const InferNode *> members;
    for (const auto &member : node.members) {
        if (member->special != Special::kIgnored) members.push_back(member.get());
    }
    std::ranges::sort(members, {}, [](const InferNode *member) -> const std::string & { return member->name; });
    return members;
}

class Resolver {
public:
    Resolver(const std::vector<InputFile> &files, Mode mode, SchemaPaths *paths)
        : files_(files), mongo_(mode == Mode::kMongo), paths_(paths) {}

    Result<DataType> Struct(const InferNode &node, const std::string &shown) {
        return mongo_ ? Flattened(node, shown) : Nested(node, shown);
    }

private:
    struct Pending {
        const InferNode *node;
        std::string path;
        std::string shown;
    };

    Result<DataType> Flattened(const InferNode &node, const std::string &shown) {
        DataType type = DataType::Struct({});
        std::unordered_map<std::string, std::string> taken;  // Lower-case name to path.
        std::vector<Pending> level;
        for (const InferNode *member : Sorted(node))
            level.push_back({member, member->name, Shown(shown, member->name)});
        while (!level.empty()) {
            std::vector<Pending> below;
            for (Pending &at : level) {
                if ((at.node->kinds & kSeenObject) != 0) {
                    TARN_CHECK(OnlyObjects(*at.node, at.shown));
                    for (const InferNode *member : Sorted(*at.node)) {
                        below.push_back({member, JoinPath(at.path, member->name), Shown(at.shown, member->name)});
                    }
                    continue;
                }
                TARN_TRY(std::optional<DataType> column, Scalar(*at.node, at.shown));
                if (column) TARN_CHECK(AddField(type, taken, FlatName(at.path), at.shown, std::move(*column)));
            }
            level = std::move(below);
        }
        return type;
    }

    Result<DataType> Nested(const InferNode &node, const std::string &shown) {
        DataType type = DataType::Struct({});
        std::unordered_map<std::string, std::string> taken;
        for (const InferNode *member : Sorted(node)) {
            std::string path = Shown(shown, member->name);
            TARN_TRY(std::optional<DataType> column, Any(*member, path));
            if (column) TARN_CHECK(AddField(type, taken, member->name, path, std::move(*column)));
        }
        return type;
    }

    Result<void> AddField(DataType &type, std::unordered_map<std::string, std::string> &taken, std::string name,
                          const std::string &shown, DataType column) {
        auto [other, added] = taken.emplace(ToLower(name), shown);
        if (!added) {
            return Fail(ErrorKind::kInvalidInput, "COLUMN_ALREADY_EXISTS",
                        "The fields `" + other->second + "` and `" + shown + "` of " + files_.front().path +
                            (files_.size() > 1 ? " and the other files" : "") + " both become the column `" + name +
                            "` (names equal but for case count).");
        }
        type.fields.push_back(Field{std::move(name), std::move(column)});
        if (paths_) paths_->insert(shown);
        return {};
    }

    // nullopt: nothing but empty objects, so no column.
    Result<std::optional<DataType>> Any(const InferNode &node, const std::string &shown) {
        if ((node.kinds & kSeenObject) == 0) return Scalar(node, shown);
        if ((node.kinds & ~(kSeenObject | kSeenNull)) != 0) {
            if (mongo_) TARN_CHECK(OnlyObjects(node, shown));
            return DataType::Of(TypeKind::kString);
        }
        TARN_TRY(DataType type, Struct(node, shown));
        if (type.fields.empty()) return std::nullopt;
        return type;
    }

    Result<std::optional<DataType>> Element(const InferNode &node, const std::string &shown) {
        auto members = Sorted(node);
        bool wrapper = mongo_ && (node.kinds & ~kSeenNull) == kSeenObject && members.size() == 1 &&
                       IsScalarWrapper(members[0]->name) && (members[0]->kinds & kSeenObject) == 0;
        return wrapper ? Scalar(*members[0], shown) : Any(node, shown);
    }

    Result<void> OnlyObjects(const InferNode &node, const std::string &shown) {
        if (!node.other_at.IsSet()) return {};
        bool object_first = node.object_at < node.other_at;
        const SeenAt &before = object_first ? node.object_at : node.other_at;
        const SeenAt &after = object_first ? node.other_at : node.object_at;
        std::string there = before.file == after.file ? "" : files_[before.file].path + " ";
        Error error = Malformed(files_[after.file].path, after.offset,
                                "the field `" + shown + "` is " + KindName(after.kind) + " here, but " +
                                    KindName(before.kind) + " at " + there + "byte " + std::to_string(before.offset) +
                                    ". An object becomes several columns, so a field must be an object in every "
                                    "document that has it, or in none.");
        return Fail(std::move(error));
    }

    Result<std::optional<DataType>> Scalar(const InferNode &node, const std::string &shown) {
        uint16_t kinds = node.kinds & ~kSeenNull;
        if (kinds == kSeenArray) {
            TARN_TRY(std::optional<DataType> element, Element(*node.element, shown + "[]"));
            if (!element) return std::nullopt;
            return DataType::Array(std::move(*element));
        }
        constexpr uint16_t kExact = kSeenLong | kSeenBigInteger | kSeenDecimal;
        switch (kinds) {
            case kSeenBoolean:
                return DataType::Of(TypeKind::kBoolean);
            case kSeenLong:
                return DataType::Of(TypeKind::kLong);
            case kSeenDate:
                return DataType::Of(TypeKind::kTimestamp);
            case kSeenBinary:
                return DataType::Of(TypeKind::kBinary);
            default:
                break;
        }
        if (kinds == 0 || (kinds & ~(kExact | kSeenDouble)) != 0) return DataType::Of(TypeKind::kString);
        int whole = std::max(node.integer_digits, (kinds & kSeenLong) != 0 ? kLongDigits : 0);
        int precision = std::max(1, whole + node.fraction_digits);
        if ((kinds & kSeenDouble) != 0 || precision > kMaxPrecision) return DataType::Of(TypeKind::kDouble);
        return DataType::Decimal(precision, node.fraction_digits);
    }

    const std::vector<InputFile> &files_;
    const bool mongo_;
    SchemaPaths *const paths_;
};

size_t CountFields(const InferNode &node) {
    size_t count = node.members.size() + (node.element ? CountFields(*node.element) : 0);
    for (const auto &member : node.members) count += CountFields(*member);
    return count;
}

}  // namespace

void MergeTrees(InferNode &into, InferNode &from) {
    into.kinds |= from.kinds;
    into.special = from.special;
    into.integer_digits = std::max(into.integer_digits, from.integer_digits);
    into.fraction_digits = std::max(into.fraction_digits, from.fraction_digits);
    if (from.object_at < into.object_at) into.object_at = from.object_at;
    if (from.other_at < into.other_at) into.other_at = from.other_at;
    for (auto &member : from.members) {
        InferNode *mine = into.Find(member->name);
        MergeTrees(mine ? *mine : *into.Add(member->name), *member);
    }
    if (from.element) MergeTrees(into.Element(), *from.element);
}

Result<DataType> ResolveTree(const InferNode &root, const std::vector<InputFile> &files, Mode mode, SchemaPaths *paths) {
    if (CountFields(root) > kMaxFields) {
        return Fail(
            ErrorKind::kInvalidInput, "RESOURCE_LIMIT_EXCEEDED",
            files.front().path + ": the documents have more than " + std::to_string(kMaxFields) + " different fields.");
    }
    return Resolver(files, mode, paths).Struct(root, "");
}

}  // namespace tarn::extjson
