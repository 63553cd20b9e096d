package fusing
import ("testing";"fmt";"sort";"strings";"github.com/truce-project/truce/evidence")
func TestZZ(t *testing.T){
 c:=&evidence.Comparer{}
 for _,split:=range []string{"dev","may"} {
  ps:=pairs(viina(t,split),c)
  n:=map[string]int{}; neg:=map[string]int{}
  ev:=map[string]map[string]int{}
  for _,p:=range ps { if ruledOut(p.m){continue}; var w []string; for _,r:=range p.m.Reasons{w=append(w,r.Fact+"."+r.Word)}; k:=fmt.Sprintf("%-9s %.2f %s",p.m.Likeness,p.m.Likely,strings.Join(w," "))
   if ev[k]==nil{ev[k]=map[string]int{}}
   if p.same { n[k]++; ev[k][p.a.event]++ } else {neg[k]++; n[k]+=0; ev[k]["-"+p.a.event+"/"+p.b.event]++} }
  var ks []string; for k:=range n{ks=append(ks,k)}; sort.Slice(ks,func(i,j int)bool{return n[ks[i]]+neg[ks[i]]>n[ks[j]]+neg[ks[j]]})
  fmt.Println("=====",split)
  for i,k:=range ks{ if i>22{break}; fmt.Println(n[k],"neg",neg[k],k,ev[k])}
 }
}
