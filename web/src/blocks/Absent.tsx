// A built page holds the results of some values only.
export function Absent(): React.ReactNode {
  return <p className="absent">This file holds no result for these values; open live to change them.</p>;
}
