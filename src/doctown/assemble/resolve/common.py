"""Names of methods that standard libraries use everywhere: a call of one on an unknown object tells nothing.

Python's come from its own built-in types. For other languages one list of the usual collection, string, stream and
promise methods serves all: a name that is missing here can still only become a candidate, never a resolved edge.
"""

from __future__ import annotations

import io
from functools import cache

_ELSEWHERE_NAMES = """
add addAll all any append apply at await bind build call catch charAt clear clone close collect compare
compareTo concat contains containsKey copy count create delete dispose done each emit empty entries entry
equals erase every execute exists extend fill filter finally find findIndex finish first flatMap flat flush
forEach format from get getOrDefault getClass group has hasNext hasOwnProperty hashCode head includes index
indexOf init insert into intern is_empty isEmpty is_none is_some is_ok is_err items iter iterator join key
keys last lastIndexOf len length list load lock log lower map match matches max merge min name next notify
notifyAll of off on once open ok_or or or_else ordinal parse pause peek pipe poll pop post print println
printf process push put putAll query read readLine ready reduce reject release remove removeAll render repeat
replace reset resolve resume reverse run save seek select send set setAttribute shift show size skip sleep
slice some sort splice split start startsWith start_with stop store str stream strip sub subscribe substr
substring sum swap tail take tell test text then throw toArray toList toLowerCase toString toUpperCase
to_owned to_s to_string to_a to_h to_i trim try_into unlock unshift unwrap unwrap_or update upper use value
valueOf values visit wait with write writeln
"""
_ELSEWHERE = frozenset(_ELSEWHERE_NAMES.split())


_GO_NAMES = """
Add Addr As Bytes Cap Close Context Copy Decode Do Done Encode Err Error Errorf Fatal Fatalf Fd File Flush
Format Get Has Header Helper Host Init Int Is Key Len Less Lock Log Logf Marshal MarshalJSON MarshalText Match
Method Name New Next Open Parse Path Peek Pop Print Printf Println Push Read ReadAll ReadByte ReadFrom
ReadString Reset Run Scan Seek Send ServeHTTP Set Size Skip Sort Start Stat Stop String Sub Sum Swap Sync Text
Time Type Unlock Unmarshal UnmarshalJSON UnmarshalText Unwrap Value Wait Write WriteByte WriteHeader
WriteString WriteTo
"""
_GO = _ELSEWHERE | frozenset(_GO_NAMES.split())


# Of .NET: what objects, texts, containers, streams, types and tasks have, and what LINQ gives to every sequence.
_CSHARP_NAMES = """
Add AddAfter AddBefore AddFirst AddLast AddOrUpdate AddRange Aggregate All Any Append AppendFormat AppendLine
AsEnumerable AsMemory AsParallel AsQueryable AsReadOnly AsSpan Average BeginInvoke BinarySearch Cancel Cast
Clear Clone Close CompareTo Complete Concat ConfigureAwait Contains ContainsKey ContainsValue
ContinueWith ConvertAll CopyTo CopyToAsync Count CreateType DefaultIfEmpty Dequeue Dispose
DisposeAsync Distinct DynamicInvoke ElementAt ElementAtOrDefault EndInvoke EndsWith Enqueue EnsureCapacity Equals
Except ExceptWith Exists Find FindAll FindIndex FindLast First FirstOrDefault Flush FlushAsync ForEach Format
GetAccessors GetAddMethod GetAttributes GetAwaiter GetBaseDefinition GetConstructor GetConstructors
GetCustomAttribute GetCustomAttributes GetElementType GetEnumerator GetEvent GetEvents GetField GetFields
GetGenericArguments GetGenericTypeDefinition GetGetMethod GetHashCode GetIndexParameters GetInterface GetInterfaces
GetLength GetMember GetMembers GetMethod GetMethods GetNestedType GetOrAdd GetParameters GetProperties GetProperty
GetRange GetResult GetSetMethod GetType GetTypeInfo GetValue GetValueOrDefault GetValues GroupBy GroupJoin IndexOf
IndexOfAny Insert InsertRange Intersect IntersectWith Invoke InvokeMember IsAssignableFrom IsDefined
IsInstanceOfType IsSubclassOf IsSubsetOf Join Last LastIndexOf LastOrDefault LongCount MakeArrayType
MakeGenericMethod MakeGenericType Max MemberwiseClone Min MoveNext Normalize OfType OrderBy OrderByDescending Overlaps
PadLeft PadRight Peek Pop Prepend Push Read ReadAsync ReadByte ReadLine ReadLineAsync ReadToEnd ReadToEndAsync
RemoveAll RemoveAt RemoveFirst RemoveLast RemoveRange RemoveWhere Replace Reset Reverse Seek Select SelectMany
SequenceEqual SetEquals SetLength SetValue Single SingleOrDefault Skip SkipLast SkipWhile Sort Split Start
StartsWith Substring Sum Take TakeLast TakeWhile ThenBy ThenByDescending ToArray ToCharArray ToDictionary ToHashSet
ToList ToLookup ToLower ToLowerInvariant ToString ToUpper ToUpperInvariant Trim TrimEnd TrimStart TrueForAll TryAdd
TryGetValue TryParse TryPeek TryPop TryRemove TryTake Union UnionWith Wait WaitAsync Where Write WriteAsync WriteByte
WriteLine WriteLineAsync Zip
"""
_CSHARP = frozenset(_CSHARP_NAMES.split())


@cache
def common_names(language: str) -> frozenset[str]:
    """Method names that libraries of `language` use so commonly that a name alone points nowhere."""
    if language == "go":
        return _GO
    if language == "csharp":
        return _CSHARP
    if language != "python":
        return _ELSEWHERE
    types: tuple[type, ...] = (
        str, bytes, bytearray, int, float, list, dict, set, frozenset, tuple, type, object, BaseException, slice, range,
        io.TextIOWrapper, io.BytesIO, io.StringIO, io.FileIO,
    )  # fmt: skip
    names = {name for each in types for name in dir(each)}
    return frozenset(names) | frozenset(
        [
            "acquire",
            "release",
            "wait",
            "set",
            "is_set",
            "start",
            "run",
            "cancel",
            "result",
            "send",
            "throw",
            "close",
            "connect",
            "commit",
            "rollback",
            "execute",
            "fetchone",
            "fetchall",
            "cursor",
            "accept",
            "bind",
            "listen",
            "recv",
            "fileno",
            "group",
            "groups",
            "search",
            "match",
            "sub",
            "findall",
            "debug",
            "info",
            "warning",
            "error",
            "exception",
            "log",
            "getLogger",
            "get",
            "put",
            "join",
            "poll",
            "terminate",
            "kill",
            "communicate",
            "parse",
            "load",
            "loads",
            "dump",
            "dumps",
            "today",
            "now",
            "date",
            "time",
            "strftime",
            "exists",
            "mkdir",
            "open",
            "read_text",
            "write_text",
            "resolve",
            "iterdir",
            "glob",
            "submit",
            "map",
            "add_argument",
            "parse_args",
            "add_subparsers",
            "set_defaults",
            "called",
            "assert_called_once_with",
            "appendleft",
            "popleft",
        ]
    )
