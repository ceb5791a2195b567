"""The date and the time of day where a business is, whatever zone its machine keeps."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Self
from zoneinfo import ZoneInfo

from agent.core.clock import NS_PER_S, Clock, SystemClock


@dataclass(frozen=True, slots=True)
class LocalClock:
    """Every moment that it gives is aware: `now` and `local` in the business's zone, `moment` in UTC."""

    clock: Clock
    zone: tzinfo | None = None
    """None stands for the machine's own."""

    @classmethod
    def of(cls, zone: str | None, clock: Clock | None = None) -> Self:
        """`clock`, the machine's own when None, read in the IANA zone `zone`, such as "America/New_York"; in the
        machine's when None."""
        return cls(clock or SystemClock(), None if zone is None else ZoneInfo(zone))

    def now(self) -> datetime:
        return self.local(datetime.fromtimestamp(self.clock.wall_ns() // NS_PER_S, UTC))

    def today(self) -> date:
        return self.now().date()

    def local(self, moment: datetime) -> datetime:
        """`moment`, which is aware, as clocks on the wall show it."""
        return moment.astimezone(self.zone)

    def moment(self, day: date, at: time) -> datetime:
        """When clocks on the wall show `at` on `day`, in UTC; the first time where that happens twice."""
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)
