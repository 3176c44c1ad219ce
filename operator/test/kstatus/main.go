// Says of each object on standard input how it is, a line each: a word of kstatus (`kubectl wait`, Flux and Helm go by it) and a word of
// the health script of Argo CD, which is the one argument.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// luaOf is a value of JSON as Argo CD hands it to a script.
func luaOf(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case string:
		return lua.LString(value)
	case bool:
		return lua.LBool(value)
	case int64:
		return lua.LNumber(value)
	case float64:
		return lua.LNumber(value)
	case []any:
		table := state.NewTable()
		for _, entry := range value {
			table.Append(luaOf(state, entry))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for name, entry := range value {
			table.RawSetString(name, luaOf(state, entry))
		}
		return table
	default:
		return lua.LNil
	}
}

func health(script string, object map[string]any) (string, error) {
	state := lua.NewState()
	defer state.Close()
	state.SetGlobal("obj", luaOf(state, object))
	if err := state.DoString(script); err != nil {
		return "", err
	}
	answer, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return "", fmt.Errorf("the script answers with %s", state.Get(-1).Type())
	}
	return answer.RawGetString("status").String(), nil
}

func say(text []byte, script string) error {
	object := unstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil {
		return err
	}
	result, err := status.Compute(&object)
	if err != nil {
		return err
	}
	word, err := health(script, object.Object)
	if err != nil {
		return err
	}
	fmt.Println(result.Status, word)
	return nil
}

func main() {
	decoder := json.NewDecoder(os.Stdin)
	for {
		var text json.RawMessage
		err := decoder.Decode(&text)
		if err == io.EOF {
			return
		}
		if err == nil {
			err = say(text, os.Args[1])
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
